"""A stub server for the client: real sockets, TorchServe's behaviour, answers by string search.

`HttpStub` and `GrpcStub` have one interface, so that a test can run over both.
"""

import io
import json
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import grpc
from google.protobuf import empty_pb2  # type: ignore[import-untyped]

from luke_qa_client._transport import grpc_messages as messages

HEALTHY = b'{\n  "status": "Healthy"\n}'


@dataclass(frozen=True)
class Received:
    """A request as it arrived: path, body, headers and key."""

    path: str
    body: Any
    raw: bytes
    headers: dict[str, str]

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


@dataclass(frozen=True)
class Said:
    """A reply. Over gRPC only the body is used, whatever the status."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    stall: float = 0.0  # seconds between the two halves of an HTTP body
    drips: Literal["", "head", "body"] = ""  # the part of an HTTP reply from which on bytes come slowly, one by one
    cut: bool = False  # close the HTTP connection halfway through the body
    drop: bool = False  # close the connection without a reply; over gRPC, end the call as if it had been


def says(content: Any, **rest: Any) -> Said:
    """A JSON reply; as in the real handler, an error's code is the status."""
    body = json.dumps(content, ensure_ascii=False).encode()
    status = content["code"] if isinstance(content, dict) and "code" in content else 200
    return Said(body, **{"status": status, **rest})


def refusal(code: int, type: str, *, field: str | None = None) -> dict[str, Any]:
    return {"code": code, "type": type, "message": f"This is {type}.", "field": field, "request_id": "servers-id"}


def texts_of(context: Any) -> list[str]:
    """Return the texts of a context as the wire has it."""
    given = context if isinstance(context, list) else [context]
    return [item if isinstance(item, str) else item["text"] for item in given]


def native_answer(request: dict[str, Any]) -> Any:
    """Return the server's answer: 苺 (or 私 for 誰) in the first document that has it."""
    if "pairs" in request:
        return [native_outcome(request, number) for number in range(len(request["pairs"]))]
    question, context = request["question"], request["context"]
    if isinstance(question, list):
        return [native_answer({**request, "question": one}) for one in question]
    given = context if isinstance(context, list) else [context]
    documents = texts_of(context)
    titles = [{"title": item["title"]} if isinstance(item, dict) and "title" in item else {} for item in given]
    sought = "私" if question.startswith("誰") else "苺"
    spans = [
        {
            "answer": sought,
            "score": 0.9910,
            "start": text.find(sought),
            "end": text.find(sought) + 1,
            "document": i,
            **titles[i],
        }
        for i, text in enumerate(documents)
        if sought in text
    ] or [{"answer": "", "score": 0.9, "start": None, "end": None, "document": None}]
    other = {"answer": documents[0][:1], "score": 0.01, "start": 0, "end": 1, "document": 0, **titles[0]}
    top_k = request.get("top_k", 1)
    return {
        **spans[0],
        "no_answer_score": 0.02,
        "place_score": 0.98,
        "confidence": "none" if spans[0]["start"] is None else "high",
        "answers": [*spans, other][:top_k],
        "request_id": request["request_id"],
    }


def native_outcome(request: dict[str, Any], number: int) -> Any:
    """Return the answer to a pair, or the error if its question is blank."""
    pair = request["pairs"][number]
    if not pair["question"].strip():
        return refusal(400, "invalid_value", field=f"pairs[{number}].question")
    return native_answer({**{name: request[name] for name in request if name != "pairs"}, **pair})


def answers_natively(received: Received) -> Said:
    return Said(HEALTHY) if received.body is None else says(native_answer(received.body))


class Stub:
    """What both stubs share: the record of requests, and the rule that makes replies."""

    url: str

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0  # over HTTP
        self.rule: Callable[[Received], Said] = answers_natively
        self._closing = threading.Event()

    def close(self) -> None:
        raise NotImplementedError

    def replies(self, *said: Said) -> None:
        """Give these replies in order; the last one repeats."""
        left = list(said)
        self.rule = lambda received: left.pop(0) if len(left) > 1 else left[0]

    def replies_first(self, *said: Said) -> None:
        """Give these replies in order, then answer."""
        left = list(said)
        self.rule = lambda received: left.pop(0) if left else answers_natively(received)

    def take(self, received: Received) -> Said:
        self.received.append(received)
        said = self.rule(received)
        self._closing.wait(said.delay)
        return said


class Dripping(io.BufferedIOBase):
    """A stream that is written slowly."""

    def __init__(self, stream: Any, closing: threading.Event) -> None:
        self._stream, self._closing = stream, closing

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        for byte in bytes(data):
            self._stream.write(bytes([byte]))
            self._closing.wait(0.05)
        return len(data)


class HttpStub(Stub):
    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        super().__init__()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # otherwise a reply takes 40 ms

            def do_GET(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                said = stub.take(Received(self.path, json.loads(raw) if raw else None, raw, headers))
                if said.drop or stub._closing.is_set():
                    self.close_connection = True
                    return
                if said.drips == "head":
                    self.wfile = Dripping(self.wfile, stub._closing)
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(said.body)))
                self.end_headers()
                if said.drips == "body":
                    self.wfile = Dripping(self.wfile, stub._closing)
                half = len(said.body) // 2
                self.wfile.write(said.body[:half])
                self.wfile.flush()
                stub._closing.wait(said.stall)
                if said.cut:
                    self.close_connection = True
                else:
                    self.wfile.write(said.body[half:])

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def process_request(self, request: Any, client_address: Any) -> None:
                stub.connections += 1
                super().process_request(request, client_address)

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # some tests are about a client that disconnects

        self._server = Server(("127.0.0.1", port), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class GrpcStub(Stub):
    def __init__(self, tls: grpc.ServerCredentials | None = None, port: int = 0) -> None:
        super().__init__()
        self.ends_with: tuple[grpc.StatusCode, str] | None = None
        handler = grpc.method_handlers_generic_handler(
            messages.SERVICE,
            {
                "Predictions": grpc.unary_unary_rpc_method_handler(
                    self._predictions,
                    messages.PredictionsRequest.FromString,
                    messages.PredictionResponse.SerializeToString,
                ),
                "Ping": grpc.unary_unary_rpc_method_handler(
                    self._ping, empty_pb2.Empty.FromString, messages.HealthResponse.SerializeToString
                ),
            },
        )
        self._server = grpc.server(ThreadPoolExecutor(16))
        self._server.add_generic_rpc_handlers((handler,))
        if tls is None:
            self.url = f"grpc://127.0.0.1:{self._server.add_insecure_port(f'127.0.0.1:{port}')}"
        else:
            self.url = f"grpcs://127.0.0.1:{self._server.add_secure_port(f'127.0.0.1:{port}', tls)}"
        self._server.start()

    def close(self) -> None:
        self._closing.set()
        self._server.stop(None).wait()

    def _predictions(self, request: Any, context: grpc.ServicerContext) -> Any:
        raw = request.input["data"]
        return messages.PredictionResponse(
            prediction=self._said(f"/predictions/{request.model_name}", raw, context).body
        )

    def _ping(self, request: Any, context: grpc.ServicerContext) -> Any:
        return messages.HealthResponse(health=self._said("/ping", b"", context).body.decode())

    def _said(self, path: str, raw: bytes, context: grpc.ServicerContext) -> Said:
        headers = dict(context.invocation_metadata())
        said = self.take(Received(path, json.loads(raw) if raw else None, raw, headers))
        if said.drop:
            context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
        if self.ends_with:
            context.abort(*self.ends_with)
        return said
