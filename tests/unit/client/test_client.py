"""A client's behaviour, the same over requests, httpx, gRPC and grpc.aio."""

import dataclasses
import json
import math
import pickle
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from luke_qa_client import (
    Answer,
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    Health,
    LukeQAError,
    OverloadedError,
    ServerError,
    Span,
    TimedOutError,
    TooLargeError,
    _budget,
)
from ops.ports import find_free_port
from tests.support.clients import WAYS
from tests.unit.client.conftest import OpenClient
from tests.unit.client.stub import GrpcStub, HttpStub, Said, Stub, refusal, says

QUESTION = "何が好きですか"
CONTEXT = "私は苺が好きです。"


def test_a_question_gets_its_answer_with_its_place(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        answer = client.ask(QUESTION, CONTEXT, top_k=2, request_id="mine")
    assert answer == Answer(
        "苺",
        0.9910,
        2,
        3,
        0,
        no_answer_score=0.02,
        request_id="mine",
        alternatives=(Span("私", 0.01, 0, 1, 0),),
        place_score=0.98,
        confidence="high",
    )
    assert CONTEXT[answer.start : answer.end] == answer.answer


def test_the_request_is_the_native_one_in_unescaped_utf8_with_the_options_that_were_given(
    server: Stub, open_client: OpenClient
) -> None:
    with open_client() as client:
        answer = client.ask(QUESTION, CONTEXT, top_k=3, handle_impossible_answer=False, doc_stride=None)
    (received,) = server.received
    assert received.path == "/predictions/luke-qa"
    assert received.body.pop("deadline_ms") > 1_700_000_000_000
    assert received.body == {
        "question": QUESTION,
        "context": CONTEXT,
        "top_k": 3,
        "handle_impossible_answer": False,
        "request_id": answer.request_id,
    }
    assert "苺".encode() in received.raw


def test_every_option_travels_under_its_own_name(server: Stub, open_client: OpenClient) -> None:
    deadline = round(1000 * (time.time() + 20))  # before the end of a try, which would replace it
    with open_client() as client:
        client.ask(
            QUESTION,
            CONTEXT,
            top_k=1,
            max_answer_len=15,
            max_seq_len=384,
            doc_stride=128,
            handle_impossible_answer=True,
            offsets="utf16",
            deadline_ms=deadline,
            request_id="r",
        )
    body = server.received[0].body
    assert {name: body[name] for name in body if name not in ("question", "context")} == {
        "top_k": 1,
        "max_answer_len": 15,
        "max_seq_len": 384,
        "doc_stride": 128,
        "handle_impossible_answer": True,
        "offsets": "utf16",
        "deadline_ms": deadline,
        "request_id": "r",
    }


def test_every_question_has_an_id_of_its_own_unless_it_is_given_one(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        ids = {client.ask(QUESTION, CONTEXT).request_id for _ in range(3)}
    assert len(ids) == 3


def test_documents_are_ranked_across_and_the_answer_says_which(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        answer = client.ask(QUESTION, ("今日は雨です。", CONTEXT))
    assert (answer.document, answer.answer) == (1, "苺")
    assert server.received[0].body["context"] == ["今日は雨です。", CONTEXT]


def test_no_answer_has_no_place(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        answer = client.ask(QUESTION, "今日は雨です。", handle_impossible_answer=True)
    assert (answer.answer, answer.start, answer.end, answer.document, answer.alternatives) == ("", None, None, None, ())


@pytest.mark.parametrize("text", ["😀苺\x00\n㍿", "a\ud800b", "\u202e苺", "が" * 100])
def test_any_text_arrives_as_it_was_given(server: Stub, open_client: OpenClient, text: str) -> None:
    with open_client() as client:
        client.ask(text, text)
    assert server.received[0].body["context"] == text


def test_the_token_is_sent_as_a_bearer_with_questions_and_with_health(server: Stub, open_client: OpenClient) -> None:
    with open_client(token="tdpB2VZp") as client:
        client.ask(QUESTION, CONTEXT)
        client.health()
        assert "tdpB2VZp" not in repr(client)
    assert [received.authorization for received in server.received] == ["Bearer tdpB2VZp"] * 2


def test_without_a_token_no_header_is_sent(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        client.ask(QUESTION, CONTEXT)
    assert server.received[0].authorization is None


def test_another_model_can_be_asked(server: Stub, open_client: OpenClient) -> None:
    with open_client(model="luke-large") as client:
        client.ask(QUESTION, CONTEXT)
    assert server.received[0].path == "/predictions/luke-large"


def test_a_healthy_server_is_ready(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        assert client.health() == Health("Healthy", ready=True)
    assert server.received[0].path == "/ping"


def test_an_unhealthy_server_is_not_ready_and_no_error(server: Stub, open_client: OpenClient) -> None:
    server.replies(Said(b'{"status": "Unhealthy"}', status=500))
    with open_client() as client:
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
        (401, "unauthorized", AuthenticationError),
        (408, "request_timeout", TimedOutError),
        (422, "crashes_workers", BadRequestError),
        (429, "overloaded", OverloadedError),
        (429, "too_many_wrong_keys", AuthenticationError),
        (503, "not_ready", OverloadedError),
        (503, "ServiceUnavailableException", OverloadedError),
        (504, "deadline_exceeded", TimedOutError),
        (504, "queue_timeout", OverloadedError),
        (507, "out_of_memory", ServerError),
    ],
)
@pytest.mark.usefixtures("one_try")
def test_an_error_in_the_body_is_raised_with_all_that_it_says(
    server: Stub, open_client: OpenClient, code: int, type: str, error: type[LukeQAError]
) -> None:
    server.replies(says(refusal(code, type, field="top_k")))
    with open_client() as client, pytest.raises(error) as caught:
        client.ask(QUESTION, CONTEXT)
    assert caught.type is error
    raised = caught.value
    assert (raised.status, raised.type, raised.field, raised.request_id) == (code, type, "top_k", "servers-id")
    assert raised.message
    for told in (raised.message, str(code), type, "top_k", "servers-id"):
        assert told in str(raised)


@pytest.mark.usefixtures("one_try")
def test_a_full_queue_is_called_one(server: Stub, open_client: OpenClient) -> None:
    server.replies(says(refusal(503, "ServiceUnavailableException")))
    with open_client() as client, pytest.raises(OverloadedError, match="queue is full"):
        client.ask(QUESTION, CONTEXT)


def test_an_error_without_an_id_has_the_requests(server: Stub, open_client: OpenClient) -> None:
    server.replies(says({"code": 404, "type": "ModelNotFoundException", "message": "Model not found: x"}))
    with open_client() as client, pytest.raises(LukeQAError) as caught:
        client.ask(QUESTION, CONTEXT, request_id="mine")
    assert caught.value.request_id == "mine"


@pytest.mark.usefixtures("one_try")
def test_a_server_that_is_slow_is_given_up(server: Stub, open_client: OpenClient) -> None:
    server.replies(Said(b"{}", delay=60.0))
    with open_client(timeout=0.2) as client, pytest.raises(TimedOutError) as caught:
        client.ask(QUESTION, CONTEXT, request_id="mine")
    assert (caught.value.status, caught.value.request_id) == (None, "mine")


def test_retries_wait_for_the_budget(server: Stub, open_client: OpenClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_budget, "CAPACITY", 1.0)
    monkeypatch.setattr(_budget, "TOKENS_PER_SECOND", 20.0)
    server.replies_first(*[says(refusal(503, "not_ready"))] * 4)
    began = time.monotonic()
    with open_client() as client:
        assert client.ask(QUESTION, CONTEXT).answer == "苺"
    assert time.monotonic() - began > 3 / 20


@pytest.mark.parametrize("secure", ["", "s"])
@pytest.mark.usefixtures("one_try")
def test_a_server_that_is_not_there_is_a_failed_connection(way: str, open_client: OpenClient, secure: str) -> None:
    scheme = "grpc" if WAYS[way][0] else "http"
    with open_client(f"{scheme}{secure}://127.0.0.1:1") as client:
        with pytest.raises(ConnectionFailedError, match="refused") as caught:
            client.ask(QUESTION, CONTEXT, request_id="mine")
        with pytest.raises(ConnectionFailedError):
            client.health()
    assert caught.value.request_id == "mine"


def test_a_server_that_is_being_started_again_is_waited_for(way: str, open_client: OpenClient) -> None:
    grpc = WAYS[way][0]
    opens = GrpcStub if grpc else HttpStub
    port = find_free_port()
    before = opens(port=port)
    with open_client(before.url) as client, ThreadPoolExecutor(1) as pool:
        assert client.ask(QUESTION, CONTEXT).answer == "苺"
        before.close()

        def start_again() -> Stub:
            time.sleep(0.3)
            return opens(port=port)

        after = pool.submit(start_again)
        assert client.ask(QUESTION, CONTEXT).answer == "苺"
        assert len(after.result().received) == 1
        after.result().close()


GOOD = {
    "answer": "苺",
    "score": 0.9,
    "start": 2,
    "end": 3,
    "document": 0,
    "no_answer_score": 0.1,
    "place_score": 0.95,
    "confidence": "high",
    "answers": [{"answer": "苺", "score": 0.9, "start": 2, "end": 3, "document": 0}],
    "request_id": "r",
}


def test_more_keys_than_are_known_do_no_harm(server: Stub, open_client: OpenClient) -> None:
    server.replies(says({**GOOD, "seconds": 0.1}))
    with open_client() as client:
        assert client.ask(QUESTION, CONTEXT).to_dict() == GOOD


NEWER = ("place_score", "confidence")


@pytest.mark.parametrize("value", ["absent", None])
def test_an_older_server_says_nothing_of_the_place_and_a_checkpoint_without_thresholds_nothing_of_confidence(
    server: Stub, open_client: OpenClient, value: str | None
) -> None:
    older = {key: value for key, value in GOOD.items() if key not in NEWER}
    server.replies(says(older if value else {**older, **dict.fromkeys(NEWER)}))
    with open_client() as client:
        answer = client.ask(QUESTION, CONTEXT)
    assert (answer.answer, answer.place_score, answer.confidence) == ("苺", None, None)


WRONG_VALUES: list[tuple[str, Any]] = [
    ("answer", None),
    ("score", "0.9"),
    ("score", True),
    ("score", math.nan),
    ("score", 10**400),
    ("start", 2.0),
    ("start", -1),
    ("end", False),
    ("document", "0"),
    ("no_answer_score", None),
    ("no_answer_score", -(10**400)),
    ("place_score", "0.95"),
    ("confidence", "sure"),
    ("confidence", ["high"]),
    ("answers", {}),
    ("answers", [None]),
    ("answers", ["苺"]),
    ("request_id", 3),
]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"{}", b'"text"', b"<html>", b"\xff\xfe", b"[" * 100_000),
        *(
            json.dumps({key: value for key, value in GOOD.items() if key != left_out}).encode()
            for left_out in GOOD
            if left_out not in NEWER
        ),
        *(json.dumps({**GOOD, key: value}).encode() for key, value in WRONG_VALUES),
    ],
)
def test_a_reply_of_another_shape_is_a_server_error(server: Stub, open_client: OpenClient, body: bytes) -> None:
    server.replies(Said(body))
    with open_client() as client, pytest.raises(ServerError) as caught:
        client.ask(QUESTION, CONTEXT, request_id="mine")
    assert (caught.value.status, caught.value.request_id) == (200, "mine")
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"status": 3}'])
def test_a_health_of_another_shape_is_a_server_error(server: Stub, open_client: OpenClient, body: bytes) -> None:
    server.replies(Said(body))
    with open_client() as client, pytest.raises(ServerError):
        client.health()


def test_a_misspelt_option_is_a_type_error_before_anything_is_sent(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        with pytest.raises(TypeError, match="top_n"):
            client.ask(QUESTION, CONTEXT, top_n=3)
        with pytest.raises(TypeError, match="top_n"):
            client.ask_many([], top_n=3)
        with pytest.raises(TypeError, match="ask_many"):
            client.ask([QUESTION], CONTEXT)
    assert server.received == []


@pytest.mark.parametrize("context", [math.nan, None, b"bytes", {"text"}, [CONTEXT, math.nan], [b"bytes"]])
def test_a_context_that_is_no_text_is_a_type_error_before_anything_is_sent(
    server: Stub, open_client: OpenClient, context: Any
) -> None:
    with open_client() as client, pytest.raises(TypeError, match=r"context.* string.*, not \w+\."):
        client.ask(QUESTION, context)
    assert server.received == []


def test_a_closed_client_says_so(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        assert client.ask(QUESTION, CONTEXT).answer == "苺"
        client.close()
        calls: list[Callable[[], Any]] = [
            lambda: client.ask(QUESTION, CONTEXT),
            lambda: client.ask_many([]),
            lambda: client.health(),
        ]
        for call in calls:
            with pytest.raises(RuntimeError, match=r"^The client is closed\.$"):
                call()
    assert len(server.received) == 1


def test_answers_are_frozen_and_survive_pickling() -> None:
    answer = Answer("苺", 0.9, 2, 3, 0, no_answer_score=0.1, request_id="r", alternatives=(Span("私", 0.1, 0, 1, 0),))
    assert pickle.loads(pickle.dumps(answer)) == answer
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.score = 1.0  # type: ignore[misc]
    assert not hasattr(answer, "__dict__")
