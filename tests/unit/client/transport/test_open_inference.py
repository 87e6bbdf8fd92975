"""The open inference protocol: what is sent, and what becomes of what a server of it says, over HTTP and gRPC."""

import json
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import grpc
import pytest

from luke_qa_client import (
    ConnectionFailedError,
    LukeQAError,
    NotFoundError,
    OverloadedError,
    ServerError,
    _policy,
)
from luke_qa_client._transport import grpc_open_inference as v2
from tests.support.clients import WAYS
from tests.support.pauses import TOO_LONG, pauses
from tests.unit.client.stub import HttpStub, Received, Said, native_answer, refusal

QUESTION, CONTEXT = "好きな食べ物は何ですか", "好きな食べ物は苺です。"

# What Triton 2.51 says by itself, over HTTP and gRPC.
QUEUE_FULL = (503, "UNAVAILABLE", "[request id: mine] Exceeds maximum queue size")
WAITED = (503, "UNAVAILABLE", "Request timeout expired")
UNKNOWN = (404, "NOT_FOUND", "Request for unknown model: 'luke-qa' is not found")
UNLOADED = (404, "UNAVAILABLE", "Request for unknown model: 'luke-qa' has no available versions")
DEAD = (500, "INTERNAL", "Stub process 'luke-qa_0_0' is not healthy.")


class HttpTriton:
    """The stub of HTTP, which speaks the protocol."""

    def __init__(self) -> None:
        self.stub = HttpStub()
        self.url = self.stub.url.replace("http", "triton")
        self.answers()

    def answers(self, status: int = 200, change: Callable[[Any], Any] = lambda body: body) -> None:
        def rule(received: Received) -> Said:
            if received.path.endswith("/ready"):
                return Said(b"")
            request = json.loads(received.body["inputs"][0]["data"][0])
            body = json.dumps(change(native_answer(request)))
            outputs = [{"name": "status", "data": [status]}, {"name": "response", "data": [body]}]
            return Said(json.dumps({"outputs": outputs}).encode())

        self.stub.rule = rule

    def says(self, http_status: int, code: str, message: str) -> None:
        self.stub.replies(Said(json.dumps({"error": message}).encode(), http_status))

    def asked(self) -> tuple[str, int, Any]:
        """The request's id, its limit on the wait in microseconds, and the request of the wire."""
        body = self.stub.received[-1].body
        return body["id"], body["parameters"]["timeout"], json.loads(body["inputs"][0]["data"][0])

    def close(self) -> None:
        self.stub.close()


class GrpcTriton:
    """A server of the protocol's gRPC service."""

    def __init__(self) -> None:
        self.failure: tuple[grpc.StatusCode, str] | None = None
        self.reply: tuple[int, Callable[[Any], Any]] = (200, lambda body: body)
        self.requests = list[Any]()
        rpc = grpc.unary_unary_rpc_method_handler
        handlers = {
            "ModelInfer": rpc(self._infer, v2.ModelInferRequest.FromString, v2.ModelInferResponse.SerializeToString),
            "ModelReady": rpc(self._ready, v2.ModelReadyRequest.FromString, v2.ModelReadyResponse.SerializeToString),
        }
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(v2.SERVICE, handlers),))
        self.url = f"triton+grpc://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def answers(self, status: int = 200, change: Callable[[Any], Any] = lambda body: body) -> None:
        self.reply = status, change

    def says(self, http_status: int, code: str, message: str) -> None:
        self.failure = grpc.StatusCode[code], message

    def asked(self) -> tuple[str, int, Any]:
        request = self.requests[-1]
        return request.id, request.parameters["timeout"].int64_param, self._fields(request)

    def close(self) -> None:
        self._server.stop(None).wait()

    def _fields(self, request: Any) -> Any:
        (content,) = request.raw_input_contents
        assert struct.unpack("<I", content[:4]) == (len(content) - 4,)
        assert (request.inputs[0].name, list(request.inputs[0].shape)) == ("request", [1, 1])
        return json.loads(content[4:])

    def _infer(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.requests.append(request)
        if self.failure:
            context.abort(*self.failure)
        status, change = self.reply
        body = json.dumps(change(native_answer(self._fields(request)))).encode()
        return v2.ModelInferResponse(
            outputs=[{"name": "status"}, {"name": "response"}],
            raw_output_contents=[struct.pack("<i", status), struct.pack("<I", len(body)) + body],
        )

    def _ready(self, request: Any, context: grpc.ServicerContext) -> Any:
        return v2.ModelReadyResponse(ready=request.name == "luke-qa" and not self.failure)


Triton = HttpTriton | GrpcTriton


@pytest.fixture(params=WAYS)
def opens(request: pytest.FixtureRequest) -> tuple[bool, Callable[..., Any]]:
    return WAYS[request.param]


@pytest.fixture
def triton(opens: tuple[bool, Any]) -> Iterator[Triton]:
    with closing(GrpcTriton() if opens[0] else HttpTriton()) as server:
        yield server


@pytest.fixture
def client(triton: Triton, opens: tuple[bool, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))
    with opens[1](triton.url, timeout=30) as client:
        yield client


def test_a_question_is_one_tensor(triton: Triton, client: Any) -> None:
    assert client.ask(QUESTION, CONTEXT, request_id="mine", top_k=2).answer == "苺"
    request_id, wait, fields = triton.asked()
    assert request_id == "mine"
    assert 0 < wait <= 30_100_000  # the attempt's timeout: 30 s, and a little for its text
    assert (fields["question"], fields["context"], fields["top_k"]) == (QUESTION, CONTEXT, 2)
    assert fields["deadline_ms"] > 0


def test_many_questions_about_a_context_are_one_request(triton: Triton, client: Any) -> None:
    results = list(client.ask_many([(QUESTION, CONTEXT), (QUESTION, CONTEXT)]))
    assert [result.answer for result in results] == ["苺", "苺"]
    assert triton.asked()[2]["question"] == [QUESTION, QUESTION]


def test_an_error_of_the_model_is_that_of_torchserve(triton: Triton, client: Any) -> None:
    triton.answers(413, lambda body: refusal(413, "too_large", field="context"))
    with pytest.raises(LukeQAError) as raised:
        client.ask(QUESTION, CONTEXT)
    error = raised.value
    assert (error.status, error.type, error.field, error.request_id) == (413, "too_large", "context", "servers-id")


@pytest.mark.parametrize(
    ("said", "kind", "status", "type"),
    [
        (QUEUE_FULL, OverloadedError, 503, "queue_full"),
        (WAITED, OverloadedError, 504, "queue_timeout"),
        (UNKNOWN, NotFoundError, 404, "model_not_found"),
        (UNLOADED, NotFoundError, 404, "model_not_found"),
        (DEAD, ServerError, 500, "worker_died"),
    ],
)
def test_what_triton_says_itself_is_the_same_over_both(
    said: tuple[int, str, str], kind: type[LukeQAError], status: int, type: str, triton: Triton, client: Any
) -> None:
    triton.says(*said)
    with pytest.raises(kind) as raised:
        client.ask(QUESTION, CONTEXT, request_id="mine")
    assert (raised.value.status, raised.value.type, raised.value.request_id) == (status, type, "mine")


def test_what_is_no_answer_is_a_fault_of_the_server(triton: Triton, client: Any) -> None:
    triton.answers(200, lambda body: {"answer": 1})
    with pytest.raises(ServerError, match="not an answer"):
        client.ask(QUESTION, CONTEXT)


def test_health_is_that_of_the_model(triton: Triton, client: Any) -> None:
    assert client.health().ready
    triton.says(400, "UNAVAILABLE", "Model version not ready")
    health = client.health()
    assert (health.ready, health.status) == (False, "Unhealthy")


def test_another_model_of_the_protocol_is_no_answer() -> None:
    with closing(HttpTriton()) as server, WAYS["requests"][1](server.url) as client:
        server.stub.replies(Said(b'{"outputs": [{"name": "logits", "data": [1.0]}]}'))
        with pytest.raises(ServerError, match="not an answer"):
            client.ask(QUESTION, CONTEXT)


def test_a_proxys_refusal_stays_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))
    with closing(HttpTriton()) as server, WAYS["requests"][1](server.url) as client:
        server.stub.replies(Said(b"<html>", 503))
        with pytest.raises(OverloadedError) as raised:
            client.ask(QUESTION, CONTEXT)
        assert raised.value.type is None
        server.stub.replies(Said(json.dumps(refusal(401, "unauthorized")).encode(), 401))
        with pytest.raises(LukeQAError) as refused:
            client.health()
        assert refused.value.type == "unauthorized"


def test_nobody_there_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_policy, "draw_backoff", pauses(0.001, TOO_LONG))
    for url in ("triton://127.0.0.1:9", "triton+grpc://127.0.0.1:9"):
        with WAYS["requests"][1](url) as client, pytest.raises(ConnectionFailedError):
            client.ask(QUESTION, CONTEXT)
