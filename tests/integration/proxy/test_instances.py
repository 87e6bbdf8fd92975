"""Two servers behind HAProxy: what one of them loses, the other answers."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import psutil
import pytest
import requests

from deploy.proxy import Server
from ops.instance import Instance, free_ports
from ops.ports import find_free_port
from ops.server import make_instance, start, stop
from tests.integration.proxy.asking import ANSWER, LARGE, SMALL
from tests.integration.proxy.running import Control, Running, as_server, run_haproxy
from tests.integration.served import wait_for

CALLERS = 16


@pytest.fixture
def second(single: Path, tmp_path: Path) -> Iterator[Instance]:
    instance = make_instance(tmp_path / "second", free_ports())
    start(instance, single, tmp_path / "logs")
    yield instance
    stop(instance)


def served_by(running: Running) -> list[str]:
    """Which server had each question, in the order in which they ended."""
    return [line["server"] for line in running.log() if line["route"] == "predictions"]


def test_one_is_killed_and_nobody_loses_an_answer(backend: Server, second: Instance, tmp_path: Path) -> None:
    control = Control()
    other = as_server("b", second, control, workers=1)
    outcomes: list[tuple[int, str | None]] = []
    ended = threading.Event()

    def caller(url: str) -> None:
        with requests.Session() as session:
            while not ended.is_set():
                reply = session.post(url, data=SMALL, timeout=60)
                outcomes.append((reply.status_code, reply.json().get("answer")))

    process = second.process()
    assert process is not None
    (directory := tmp_path / "p").mkdir()
    with run_haproxy(directory, servers=(backend, other)) as running:
        callers = [threading.Thread(target=caller, args=(running.url,)) for _ in range(CALLERS)]
        for each in callers:
            each.start()
        wait_for(lambda: served_by(running).count("b") > CALLERS)
        process.kill()
        control.close()
        before = len(outcomes)
        time.sleep(2)
        wait_for(lambda: len(outcomes) >= before + 3 * CALLERS)
        ended.set()
        for each in callers:
            each.join()
        answered = served_by(running)
    assert set(outcomes) == {(200, ANSWER)}
    assert answered.count("b") > CALLERS  # it had its share before
    assert set(answered[-CALLERS:]) == {"a"}


def answer_and_die(listener: socket.socket) -> None:
    """Answer the first request; at the second be gone."""
    with listener:
        first, _ = listener.accept()
        with first:
            first.recv(1 << 16)
            first.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            select.select([first, listener], [], [], 60)
            with suppress(ConnectionResetError):
                if first.recv(1 << 16):
                    return
        second, _ = listener.accept()  # a connection of its own
        with second:
            second.recv(1 << 16)


def test_who_asks_again_on_a_connection_is_told_that_the_server_is_gone(tmp_path: Path) -> None:
    """HAProxy hangs up on the caller if it lost a connection to the server that it had used before."""
    control, listener = Control(), socket.create_server(("127.0.0.1", 0))
    server = Server("a", http=listener.getsockname()[1], grpc=find_free_port(), control=control.port)
    thread = threading.Thread(target=answer_and_die, args=(listener,))
    thread.start()
    with run_haproxy(tmp_path, servers=(server,)) as running, requests.Session() as session:
        assert session.post(running.url, data=SMALL, timeout=60).status_code == 200
        reply = session.post(running.url, data=SMALL, timeout=60)
    thread.join()
    control.close()
    assert reply.status_code in (502, 503)
    assert reply.json()["code"] == reply.status_code


class Scripted(BaseHTTPRequestHandler):
    """A server that answers with the next status of a list."""

    statuses: ClassVar[list[int]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.statuses.pop(0))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def scripted(control: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with HTTPServer(("127.0.0.1", 0), Scripted) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers = (Server("a", http=server.server_port, grpc=find_free_port(), control=control.port),)
        with run_haproxy(tmp_path_factory.mktemp("s"), servers=servers) as running:
            yield running
        server.shutdown()


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(("statuses", "seen"), [([507, 200], 200), ([507, 507, 507, 200], 200), ([507] * 9, 507)])
def test_what_a_dying_worker_had_is_asked_again(
    scripted: Running, body: bytes, statuses: list[int], seen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TorchServe answers 507, which HAProxy cannot send again by itself."""
    left = list(statuses)
    monkeypatch.setattr(Scripted, "statuses", left, raising=False)
    assert requests.post(scripted.url, data=body, timeout=60).status_code == seen
    assert len(left) == max(0, len(statuses) - 4)


@pytest.mark.parametrize("file", ["haproxy.cfg", "large.cfg"])
def test_if_one_of_haproxys_processes_ends_all_do(backend: Server, tmp_path: Path, file: str) -> None:
    with run_haproxy(tmp_path, servers=(backend,)) as running:
        children = psutil.Process(running.process.pid).children(recursive=True)
        next(child for child in children if child.cmdline()[-1].endswith(file)).kill()
        assert running.process.wait(30) != 0
        assert not psutil.wait_procs(children, 30)[1]
