"""Hugging Face's own client works against the server, unchanged."""

import pytest
import requests
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from tests.integration.test_wire import CONTEXT, QUESTION


def test_inference_client_gets_one_answer(url: str) -> None:
    answer = InferenceClient(model=url).question_answering(question=QUESTION, context=CONTEXT)
    assert not isinstance(answer, list)
    assert answer.answer == "苺"
    assert CONTEXT[answer.start : answer.end] == "苺"
    assert 0.5 < answer.score <= 1


def test_inference_client_gets_a_list_where_it_asks_for_several(url: str) -> None:
    answers = InferenceClient(model=url).question_answering(
        question=QUESTION,
        context=CONTEXT,
        top_k=3,
        align_to_words=True,
        doc_stride=32,
        handle_impossible_answer=True,
        max_answer_len=15,
        max_question_len=64,
        max_seq_len=128,
    )
    assert isinstance(answers, list)
    assert len(answers) == 3
    assert answers[0].answer == "苺"


def test_inference_client_sees_an_error_as_its_own(url: str) -> None:
    with pytest.raises(HfHubHTTPError) as caught:
        InferenceClient(model=url).question_answering(question=QUESTION, context=" ")
    assert caught.value.response.status_code == 400
    assert str(caught.value).endswith("inputs.context must not be empty or blank.")


def test_what_older_clients_send_beside_the_parameters_is_accepted(url: str) -> None:
    body = {
        "inputs": {"question": QUESTION, "context": f"🍓{CONTEXT}"},
        "parameters": {"offsets": "utf16"},
        "options": {"use_cache": False, "wait_for_model": True},
    }
    reply = requests.post(url, json=body, timeout=30)
    assert reply.status_code == 200
    assert reply.json()["start"] == CONTEXT.index("苺") + 2


def test_the_task_schema_knows_only_its_own_fields(url: str) -> None:
    reply = requests.post(url, json={"inputs": {"question": QUESTION, "context": CONTEXT}}, timeout=30)
    assert set(reply.json()) == {"answer", "score", "start", "end"}
