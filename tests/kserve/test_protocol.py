"""v1 and v2 as KServe's server speaks them, without the client of this project; readiness and metrics."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import pytest
import requests

from luke_qa.engine import Engine
from luke_qa.service import Service
from luke_qa.settings import Settings
from ops.layout import MODEL_NAME
from tests.kserve.served import Served, wait_for
from tests.support.checkpoints import EMBEDDED
from tests.support.open_inference import about, outputs, tensor
from tests.support.scenarios import CONTEXT, HOBBY, QUESTION
from tests.support.wire import ask

GOOD: Final = {"question": QUESTION, "context": CONTEXT}
BLANK: Final = {"question": " ", "context": CONTEXT}
INFER: Final = f"v2/models/{MODEL_NAME}/infer"
PREDICT: Final = f"v1/models/{MODEL_NAME}:predict"


@pytest.fixture(scope="module")
def bare() -> Service:
    """The service without any server."""
    return Service(Engine.from_checkpoint(EMBEDDED, device="cpu", token_budget=512), Settings())


def test_each_instance_has_its_own_answer_or_error(kserve: Served, bare: Service) -> None:
    reply = kserve.predict({**GOOD, "top_k": 2}, BLANK, {"question": HOBBY, "context": CONTEXT}, "no request")
    assert reply.status_code == 200
    first, blank, third, wrong = reply.json()["predictions"]
    assert (first["answer"], len(first["answers"]), third["answer"]) == ("苺", 2, "会話すること")
    assert ask(bare, BLANK) == (400, {**blank, "request_id": "row 0"})  # in the same words
    assert (wrong["code"], wrong["type"]) == (400, "invalid_json")


def test_an_instance_is_answered_as_by_the_bare_service(kserve: Served, bare: Service) -> None:
    asked = ((QUESTION, CONTEXT), (HOBBY, ["明日は雨でしょう。", CONTEXT * 30]), ([QUESTION, HOBBY], CONTEXT))
    for question, context in asked:
        fields = {"question": question, "context": context, "top_k": 3, "request_id": "mine"}
        (prediction,) = kserve.predict(fields).json()["predictions"]
        status, expected = ask(bare, fields)
        assert (status, prediction) == (200, about(expected))


def test_a_bad_row_gets_its_own_error(kserve: Served) -> None:
    (first, answer), (second, error) = outputs(kserve.infer(GOOD, BLANK))
    assert (first, answer["answer"]) == (200, "苺")
    assert (second, error["code"], error["field"]) == (400, 400, "question")


def test_fields_may_be_inputs_of_their_own(kserve: Served) -> None:
    question = tensor("question", "BYTES", [QUESTION])
    documents = tensor("context", "BYTES", ["明日は雨でしょう。", CONTEXT])
    options = [tensor("top_k", "INT64", [2]), tensor("handle_impossible_answer", "BOOL", [True])]
    ((status, body),) = outputs(kserve.post(INFER, id="mine", inputs=[question, documents, *options]))
    assert (status, body["answer"], body["document"], len(body["answers"])) == (200, "苺", 1, 2)
    assert body["request_id"] == "mine"  # the request's id in the protocol


@pytest.mark.parametrize("text", ["", "[]", "{", '{"question": "\\ud800", "context": "x"}', "好き"])
def test_what_is_no_request_is_refused_and_harms_nobody(kserve: Served, text: str) -> None:
    ((status, body),) = outputs(kserve.post(INFER, inputs=[tensor("request", "BYTES", [text])]))
    assert (status, body["code"]) == (400, 400)
    assert kserve.infer(GOOD).ok


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (PREDICT, {"question": QUESTION, "context": CONTEXT}, '"instances", a list of requests'),
        (PREDICT, {"instances": []}, '"instances", a list of requests'),
        (PREDICT, {"instances": {}}, '"instances" to be a list'),
        (INFER, {"inputs": []}, "equally many rows"),
        (INFER, {"inputs": [tensor("question", "BYTES", ["a"]), tensor("context", "BYTES", ["a"], ["b"])]}, "equally"),
        (INFER, {"inputs": [tensor("request", "TEXT", ["a"])]}, "the datatype TEXT, which there is not"),
        (INFER, {"inputs": [{**tensor("request", "BYTES", ["a"]), "shape": [2, 1]}]}, "do not fit its shape"),
        (INFER, {"inputs": [{**tensor("request", "BYTES", ["a"]), "shape": []}]}, "do not fit its shape"),
        (INFER, {"inputs": [tensor("top_k", "INT64", ["many"])]}, "do not fit its shape and datatype"),
    ],
)
def test_a_body_of_neither_protocol_is_refused_in_a_sentence(
    kserve: Served, path: str, content: dict[str, Any], said: str
) -> None:
    reply = kserve.post(path, **content)
    assert (reply.status_code, said in reply.json()["error"]) == (400, True), reply.text


def test_a_v1_body_needs_no_content_type(kserve: Served) -> None:
    body = json.dumps({"instances": [GOOD]}).encode()
    reply = requests.post(f"{kserve.place.url}/{PREDICT}", body, headers={"Content-Type": "text/plain"}, timeout=60)
    assert reply.json()["predictions"][0]["answer"] == "苺"
    reply = requests.post(f"{kserve.place.url}/{PREDICT}", b"{", headers={"Content-Type": "text/plain"}, timeout=60)
    assert (reply.status_code, "not valid JSON" in reply.json()["error"]) == (400, True)


def test_the_model_is_described_and_ready(kserve: Served) -> None:
    described = requests.get(f"{kserve.place.url}/v2/models/{MODEL_NAME}", timeout=60).json()
    assert [each["name"] for each in described["inputs"]] == ["request"]
    assert {each["name"]: each["datatype"] for each in described["outputs"]} == {"response": "BYTES", "status": "INT32"}
    for path in (f"v1/models/{MODEL_NAME}", f"v2/models/{MODEL_NAME}/ready", "v2/health/ready", "v2/health/live"):
        assert requests.get(f"{kserve.place.url}/{path}", timeout=60).ok, path


def test_outcomes_and_latencies_are_counted(kserve: Served) -> None:
    good, refused = kserve.outcomes("ok"), kserve.outcomes("invalid_value")
    predicted = kserve.metric("request_predict_seconds_count", model_name=MODEL_NAME)
    kserve.infer(GOOD, BLANK)
    kserve.predict(GOOD)
    assert (kserve.outcomes("ok"), kserve.outcomes("invalid_value")) == (good + 2, refused + 1)
    assert kserve.metric("request_predict_seconds_count", model_name=MODEL_NAME) == predicted + 2


@pytest.mark.parametrize("busy", [Served.busy, Served.busy_over_http])
def test_who_leaves_is_not_computed(kserve: Served, busy: Callable[[Served], AbstractContextManager[None]]) -> None:
    cancelled = kserve.outcomes("cancelled")
    with busy(kserve):
        pass
    wait_for(lambda: kserve.outcomes("cancelled") == cancelled + 1)
    assert kserve.in_flight() == 0
