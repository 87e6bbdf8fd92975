"""The open inference protocol as Triton speaks it, without the client of this project."""

import json
from typing import Final

import pytest
import requests

from luke_qa.engine import Engine
from luke_qa.service import Service
from luke_qa.settings import Settings
from ops.layout import MODEL_NAME
from tests.support.checkpoints import EMBEDDED
from tests.support.open_inference import about, outputs, tensor
from tests.support.scenarios import CONTEXT, HOBBY, QUESTION
from tests.support.wire import ask
from tests.triton.served import Served

GENERATE: Final = f"models/{MODEL_NAME}/generate"


@pytest.fixture(scope="module")
def bare() -> Service:
    """The service without any server."""
    return Service(Engine.from_checkpoint(EMBEDDED, device="cpu", token_budget=512), Settings())


def test_the_answer_is_that_of_the_bare_service(triton: Served, bare: Service) -> None:
    asked = ((QUESTION, CONTEXT), (HOBBY, ["明日は雨でしょう。", CONTEXT * 30]), ([QUESTION, HOBBY], CONTEXT))
    for question, context in asked:
        fields = {"question": question, "context": context, "top_k": 3, "request_id": "mine"}
        ((status, body),) = outputs(triton.infer(fields))
        expected_status, expected = ask(bare, fields)
        assert status == expected_status == 200
        assert body == about(expected)


def test_a_bad_row_gets_its_own_error(triton: Served) -> None:
    good, bad = {"question": QUESTION, "context": CONTEXT}, {"question": " ", "context": CONTEXT}
    (first, answer), (second, error) = outputs(triton.infer(good, bad))
    assert (first, answer["answer"]) == (200, "苺")
    assert (second, error["code"], error["field"]) == (400, 400, "question")


def test_fields_may_be_inputs_of_their_own(triton: Served) -> None:
    question = tensor("question", "BYTES", [QUESTION])
    documents = tensor("context", "BYTES", ["明日は雨でしょう。", CONTEXT])
    options = [tensor("top_k", "INT64", [2]), tensor("handle_impossible_answer", "BOOL", [True])]
    reply = triton.post(f"models/{MODEL_NAME}/infer", id="mine", inputs=[question, documents, *options])
    ((status, body),) = outputs(reply)
    assert (status, body["answer"], body["document"], len(body["answers"])) == (200, "苺", 1, 2)
    assert body["request_id"] == "mine"  # the request's id in the protocol


def test_generate_takes_plain_json(triton: Served) -> None:
    reply = triton.post(GENERATE, question=QUESTION, context=CONTEXT).json()
    assert (reply["status"], json.loads(reply["response"])["answer"]) == (200, "苺")
    refused = triton.post(GENERATE, question=QUESTION, context=CONTEXT, top_k=0).json()
    assert (refused["status"], json.loads(refused["response"])["field"]) == (400, "top_k")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"question": "\\ud800", "context": "x"}', "好き"])
def test_what_is_no_request_is_refused_and_harms_nobody(triton: Served, text: str) -> None:
    ((status, body),) = outputs(triton.post(f"models/{MODEL_NAME}/infer", inputs=[tensor("request", "BYTES", [text])]))
    assert (status, body["code"]) == (400, 400)
    assert triton.version() == "1"


def test_the_inputs_are_described(triton: Served) -> None:
    described = requests.get(f"{triton.place.url}/v2/models/{MODEL_NAME}", timeout=60).json()
    inputs = {each["name"]: each["datatype"] for each in described["inputs"]}
    assert inputs.items() >= {"request": "BYTES", "question": "BYTES", "context": "BYTES", "top_k": "INT64"}.items()
    assert {each["name"]: each["datatype"] for each in described["outputs"]} == {"response": "BYTES", "status": "INT32"}


def test_outcomes_and_latencies_are_counted(triton: Served) -> None:
    good, refused = triton.outcomes("ok"), triton.outcomes("invalid_value")
    summaries = triton.metric("nv_inference_request_summary_us_count")
    triton.infer({"question": QUESTION, "context": CONTEXT})
    triton.infer({"question": " ", "context": CONTEXT})
    assert (triton.outcomes("ok"), triton.outcomes("invalid_value")) == (good + 1, refused + 1)
    assert triton.metric("nv_inference_request_summary_us_count") >= summaries + 2
