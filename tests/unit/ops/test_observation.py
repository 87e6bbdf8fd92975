"""What the management API and a question show, asked of a stub."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ops.instance import Instance, free_ports
from ops.observation import Observation, Worker, ask_canary, observe
from ops.server import make_instance

MODEL = {
    "minWorkers": 2,
    "workers": [{"id": "9000", "pid": 17, "status": "READY"}, {"id": "9001", "status": "UNLOADED"}],
    "jobQueueStatus": {"remainingCapacity": 97, "pendingRequests": 3},
}


@dataclass
class Stub:
    """Replies the same to everything, and keeps what it was sent."""

    instance: Instance
    status: int = 200
    reply: bytes = b""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made.asked.append((self.path, dict(self.headers), body))
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(made.reply)))
            self.end_headers()
            self.wfile.write(made.reply)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        addresses = {"management_address": address, "inference_address": address}
        made = Stub(make_instance(tmp_path, {**free_ports(), **addresses, "disable_token_authorization": "false"}))
        yield made
        server.shutdown()


def test_workers_and_queue_are_read(stub: Stub) -> None:
    stub.reply = json.dumps([MODEL]).encode()
    seen = observe(stub.instance, timeout=30)
    assert seen == Observation((Worker(17, "READY"), Worker(0, "UNLOADED")), wanted=2, waiting=3)
    assert seen.ready == 1


def test_the_management_key_is_sent(stub: Stub) -> None:
    stub.reply = json.dumps([MODEL]).encode()
    (stub.instance.home / "key_file.json").write_text(json.dumps({"management": {"key": "abcd1234"}}))
    observe(stub.instance, timeout=30)
    (path, headers, _) = stub.asked[-1]
    assert (path, headers["Authorization"]) == ("/models/luke-qa", "Bearer abcd1234")


def test_a_server_without_the_model_is_seen_as_such(stub: Stub) -> None:
    stub.status = 404
    assert observe(stub.instance, timeout=30) == Observation(loaded=False)


@pytest.mark.parametrize(
    ("status", "reply"),
    [(500, [MODEL]), (200, []), (200, {}), (200, [{}]), (200, 3), (200, [3]), (200, [{**MODEL, "workers": [None]}])],
)
def test_a_reply_without_sense_is_none(stub: Stub, status: int, reply: Any) -> None:
    stub.status, stub.reply = status, json.dumps(reply).encode()
    assert observe(stub.instance, timeout=30) is None


def test_an_address_that_does_not_reply_is_none(tmp_path: Path) -> None:
    instance = make_instance(tmp_path, free_ports())
    assert observe(instance, timeout=30) is None
    assert ask_canary(instance, timeout=30) is None


def test_the_canary_has_a_deadline_and_its_time_is_told(stub: Stub) -> None:
    stub.reply = json.dumps({"answer": "苺"}).encode()
    seconds = ask_canary(stub.instance, timeout=30)
    assert seconds is not None
    assert 0 < seconds < 30
    (path, _, body) = stub.asked[-1]
    assert path == "/predictions/luke-qa"
    assert json.loads(body)["deadline_ms"] > 0


@pytest.mark.parametrize(
    ("status", "reply"), [(503, {"answer": "苺"}), (200, {"answer": None}), (200, {}), (200, []), (200, None)]
)
def test_a_canary_without_an_answer_is_none(stub: Stub, status: int, reply: Any) -> None:
    stub.status, stub.reply = status, json.dumps(reply).encode()
    assert ask_canary(stub.instance, timeout=30) is None
