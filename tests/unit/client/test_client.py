"""What the client does, the same over both transports."""

import dataclasses
import json
import math
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from luke_qa_client import (
    Answer,
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    Health,
    LukeQAClient,
    LukeQAError,
    OverloadedError,
    ServerError,
    Span,
    TimedOutError,
    TooLargeError,
)
from tests.unit.client.stub import Received, Said, Stub, answers_natively, refusal, says

QUESTION = "何が好きですか"
CONTEXT = "私は苺が好きです。"


def test_a_question_gets_its_answer_with_its_place(stub: Stub) -> None:
    with LukeQAClient(stub.url) as client:
        answer = client.ask(QUESTION, CONTEXT, top_k=2, request_id="mine")
    assert answer == Answer(
        "苺", 0.9692, 2, 3, 0, no_answer_score=0.02, request_id="mine", alternatives=(Span("私", 0.01, 0, 1, 0),)
    )
    assert CONTEXT[answer.start : answer.end] == answer.answer


def test_the_request_is_the_native_one_in_unescaped_utf8_with_the_options_that_were_given(stub: Stub) -> None:
    with LukeQAClient(stub.url) as client:
        answer = client.ask(QUESTION, CONTEXT, top_k=3, handle_impossible_answer=False, doc_stride=None)
    (received,) = stub.received
    assert received.path == "/predictions/luke-qa"
    assert received.body == {
        "question": QUESTION,
        "context": CONTEXT,
        "top_k": 3,
        "handle_impossible_answer": False,
        "request_id": answer.request_id,
    }
    assert "苺".encode() in received.raw


def test_every_option_travels_under_its_own_name(stub: Stub) -> None:
    with LukeQAClient(stub.url) as client:
        client.ask(
            QUESTION,
            CONTEXT,
            top_k=1,
            max_answer_len=15,
            max_seq_len=384,
            doc_stride=128,
            handle_impossible_answer=True,
            offsets="utf16",
            deadline_ms=1_900_000_000_000,
            request_id="r",
        )
    body = stub.received[0].body
    assert {name: body[name] for name in body if name not in ("question", "context")} == {
        "top_k": 1,
        "max_answer_len": 15,
        "max_seq_len": 384,
        "doc_stride": 128,
        "handle_impossible_answer": True,
        "offsets": "utf16",
        "deadline_ms": 1_900_000_000_000,
        "request_id": "r",
    }


def test_every_question_has_an_id_of_its_own_unless_it_is_given_one(stub: Stub) -> None:
    with LukeQAClient(stub.url) as client:
        ids = {client.ask(QUESTION, CONTEXT).request_id for _ in range(3)}
    assert len(ids) == 3


def test_documents_are_ranked_across_and_the_answer_says_which(stub: Stub) -> None:
    with LukeQAClient(stub.url) as client:
        answer = client.ask(QUESTION, ("今日は雨です。", CONTEXT))
    assert (answer.document, answer.answer) == (1, "苺")
    assert stub.received[0].body["context"] == ["今日は雨です。", CONTEXT]


def test_no_answer_has_no_place(stub: Stub) -> None:
    with LukeQAClient(stub.url) as client:
        answer = client.ask(QUESTION, "今日は雨です。", handle_impossible_answer=True)
    assert (answer.answer, answer.start, answer.end, answer.document, answer.alternatives) == ("", None, None, None, ())


@pytest.mark.parametrize("text", ["😀苺\x00\n㍿", "a\ud800b", "\u202e苺", "が" * 100])
def test_any_text_arrives_as_it_was_given(stub: Stub, text: str) -> None:
    with LukeQAClient(stub.url) as client:
        client.ask(text, text)
    assert stub.received[0].body["context"] == text


def test_the_token_is_sent_as_a_bearer_with_questions_and_with_health(stub: Stub) -> None:
    with LukeQAClient(stub.url, token="tdpB2VZp") as client:
        client.ask(QUESTION, CONTEXT)
        client.health()
        assert "tdpB2VZp" not in repr(client)
    assert [received.authorization for received in stub.received] == ["Bearer tdpB2VZp"] * 2


def test_without_a_token_no_header_is_sent(stub: Stub) -> None:
    with LukeQAClient(stub.url) as client:
        client.ask(QUESTION, CONTEXT)
    assert stub.received[0].authorization is None


def test_another_model_can_be_asked(stub: Stub) -> None:
    with LukeQAClient(stub.url, model="luke-large") as client:
        client.ask(QUESTION, CONTEXT)
    assert stub.received[0].path == "/predictions/luke-large"


def test_a_healthy_server_is_ready(stub: Stub) -> None:
    with LukeQAClient(stub.url) as client:
        assert client.health() == Health("Healthy", ready=True)
    assert stub.received[0].path == "/ping"


def test_an_unhealthy_server_is_not_ready_and_no_error(stub: Stub) -> None:
    stub.replies(Said(b'{"status": "Unhealthy"}', status=500))
    with LukeQAClient(stub.url) as client:
        assert client.health() == Health("Unhealthy", ready=False)


@pytest.mark.parametrize(
    ("code", "type", "error"),
    [
        (400, "invalid_json", BadRequestError),
        (400, "missing_field", BadRequestError),
        (400, "invalid_value", BadRequestError),
        (400, "unknown_option", BadRequestError),
        (400, "invalid_option", BadRequestError),
        (400, "question_too_long", BadRequestError),
        (400, "InvalidKeyException", AuthenticationError),
        (413, "too_large", TooLargeError),
        (500, "engine_error", ServerError),
        (503, "ServiceUnavailableException", OverloadedError),
        (504, "deadline_exceeded", TimedOutError),
        (507, "out_of_memory", ServerError),
    ],
)
def test_an_error_in_the_body_is_raised_with_all_that_it_says(
    stub: Stub, code: int, type: str, error: type[LukeQAError]
) -> None:
    stub.replies(says(refusal(code, type, field="top_k")))
    with LukeQAClient(stub.url) as client, pytest.raises(error) as caught:
        client.ask(QUESTION, CONTEXT)
    assert caught.type is error
    raised = caught.value
    assert (raised.status, raised.type, raised.field, raised.request_id) == (code, type, "top_k", "servers-id")
    assert raised.message
    for told in (raised.message, str(code), type, "top_k", "servers-id"):
        assert told in str(raised)


def test_a_full_queue_is_called_one(stub: Stub) -> None:
    stub.replies(says(refusal(503, "ServiceUnavailableException")))
    with LukeQAClient(stub.url) as client, pytest.raises(OverloadedError, match="queue is full"):
        client.ask(QUESTION, CONTEXT)


def test_an_error_without_an_id_has_the_requests(stub: Stub) -> None:
    stub.replies(says({"code": 404, "type": "ModelNotFoundException", "message": "Model not found: x"}))
    with LukeQAClient(stub.url) as client, pytest.raises(LukeQAError) as caught:
        client.ask(QUESTION, CONTEXT, request_id="mine")
    assert caught.value.request_id == "mine"


def test_a_server_that_is_slow_is_given_up(stub: Stub) -> None:
    stub.replies(Said(b"{}", delay=1.0))
    with LukeQAClient(stub.url, timeout=0.2) as client, pytest.raises(TimedOutError) as caught:
        client.ask(QUESTION, CONTEXT, request_id="mine")
    assert (caught.value.status, caught.value.request_id) == (None, "mine")


@pytest.mark.parametrize("scheme", ["http", "https", "grpc", "grpcs"])
def test_a_server_that_is_not_there_is_a_failed_connection(scheme: str) -> None:
    with LukeQAClient(f"{scheme}://127.0.0.1:1", timeout=5) as client:
        with pytest.raises(ConnectionFailedError, match="refused") as caught:
            client.ask(QUESTION, CONTEXT, request_id="mine")
        with pytest.raises(ConnectionFailedError):
            client.health()
    assert caught.value.request_id == "mine"


GOOD = {
    "answer": "苺",
    "score": 0.9,
    "start": 2,
    "end": 3,
    "document": 0,
    "no_answer_score": 0.1,
    "answers": [{"answer": "苺", "score": 0.9, "start": 2, "end": 3, "document": 0}],
    "request_id": "r",
}


def test_more_keys_than_are_known_do_no_harm(stub: Stub) -> None:
    stub.replies(says({**GOOD, "seconds": 0.1}))
    with LukeQAClient(stub.url) as client:
        assert client.ask(QUESTION, CONTEXT).to_dict() == GOOD


WRONG_VALUES: list[tuple[str, Any]] = [
    ("answer", None),
    ("score", "0.9"),
    ("score", True),
    ("score", math.nan),
    ("start", 2.0),
    ("start", -1),
    ("end", False),
    ("document", "0"),
    ("no_answer_score", None),
    ("answers", {}),
    ("answers", [None]),
    ("answers", ["苺"]),
    ("request_id", 3),
]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"{}", b'"text"', b"<html>", b"\xff\xfe", b"[" * 100_000),
        *(json.dumps({key: value for key, value in GOOD.items() if key != left_out}).encode() for left_out in GOOD),
        *(json.dumps({**GOOD, key: value}).encode() for key, value in WRONG_VALUES),
    ],
)
def test_a_reply_of_another_shape_is_a_server_error(stub: Stub, body: bytes) -> None:
    stub.replies(Said(body))
    with LukeQAClient(stub.url) as client, pytest.raises(ServerError) as caught:
        client.ask(QUESTION, CONTEXT, request_id="mine")
    assert (caught.value.status, caught.value.request_id) == (200, "mine")
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"status": 3}'])
def test_a_health_of_another_shape_is_a_server_error(stub: Stub, body: bytes) -> None:
    stub.replies(Said(body))
    with LukeQAClient(stub.url) as client, pytest.raises(ServerError):
        client.health()


def test_many_questions_of_one_context_travel_together_and_answers_come_in_order(stub: Stub) -> None:
    rain = "今日は苺の日です。"
    pairs = [(QUESTION, CONTEXT), ("誰ですか", CONTEXT), (QUESTION, rain), ("誰ですか", [rain, CONTEXT])]
    with LukeQAClient(stub.url) as client:
        results = list(client.ask_many(pairs, top_k=1))
    assert [result.answer for result in results if isinstance(result, Answer)] == ["苺", "私", "苺", "私"]
    assert [received.body["question"] for received in stub.received] == [[QUESTION, "誰ですか"], QUESTION, "誰ですか"]
    assert all(received.body["top_k"] == 1 for received in stub.received)


def test_one_bad_question_does_not_spoil_those_it_travels_with(stub: Stub) -> None:
    def refuses_the_blank(received: Received) -> Said:
        blank = "" in received.body["question"] if isinstance(received.body["question"], list) else False
        if blank or received.body["question"] == "":
            return says(refusal(400, "invalid_value", field="question"))
        return answers_natively(received)

    stub.rule = refuses_the_blank
    with LukeQAClient(stub.url) as client:
        first, second, third = client.ask_many([(QUESTION, CONTEXT), ("", CONTEXT), ("誰ですか", CONTEXT)])
    assert isinstance(first, Answer)
    assert isinstance(second, BadRequestError)
    assert second.field == "question"
    assert isinstance(third, Answer)


def test_an_overloaded_server_gives_every_question_its_error_and_is_not_asked_again(stub: Stub) -> None:
    stub.replies(says(refusal(503, "ServiceUnavailableException")))
    with LukeQAClient(stub.url) as client:
        results = list(client.ask_many([(QUESTION, CONTEXT)] * 3))
    assert [type(result) for result in results] == [OverloadedError] * 3
    assert len(stub.received) == 1


def test_a_list_of_another_length_is_a_server_error(stub: Stub) -> None:
    stub.replies(says([GOOD]))
    with LukeQAClient(stub.url) as client:
        results = list(client.ask_many([(QUESTION, CONTEXT)] * 2))
    assert [type(result) for result in results] == [ServerError] * 2


def test_pairs_are_read_as_results_are_taken(http_stub: Stub) -> None:
    read = 0

    def endless() -> Iterator[tuple[str, str]]:
        nonlocal read
        while True:
            read += 1
            yield QUESTION, f"{CONTEXT}{read}"

    with LukeQAClient(http_stub.url) as client:
        results = client.ask_many(endless())
        for _ in range(5):
            assert isinstance(next(results), Answer)
    assert read <= 6


def test_a_misspelt_option_is_a_type_error_before_anything_is_sent(http_stub: Stub) -> None:
    with LukeQAClient(http_stub.url) as client:
        with pytest.raises(TypeError, match="top_n"):
            client.ask(QUESTION, CONTEXT, top_n=3)  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="top_n"):
            client.ask_many([], top_n=3)  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="ask_many"):
            client.ask([QUESTION], CONTEXT)  # type: ignore[arg-type]
    assert http_stub.received == []


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf])
def test_a_timeout_that_is_none_is_refused(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        LukeQAClient(timeout=timeout)


@pytest.mark.parametrize("token", ["", "two words", "key\n", "鍵"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(ValueError, match="token") as caught:
        LukeQAClient(token=token)
    assert not token.strip() or token not in str(caught.value)


def test_answers_are_frozen_and_survive_pickling() -> None:
    answer = Answer("苺", 0.9, 2, 3, 0, no_answer_score=0.1, request_id="r", alternatives=(Span("私", 0.1, 0, 1, 0),))
    assert pickle.loads(pickle.dumps(answer)) == answer
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.score = 1.0  # type: ignore[misc]
    assert not hasattr(answer, "__dict__")
