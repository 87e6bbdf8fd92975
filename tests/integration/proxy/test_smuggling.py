"""What a caller with a valid key cannot do: pass on a message that the server and the proxy end at different places."""

import random
import re
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

from deploy.proxy import Server
from ops.ports import find_free_port
from tests.integration.proxy.frames import Reply, send_http1
from tests.integration.proxy.running import Control, Running, run_haproxy, write_certificate
from tests.integration.proxy.smuggling import ASK, smuggling
from tests.integration.proxy.test_keys import write

KEY: Final = "a-valid-key"
SURPLUS: Final = 0.3  # seconds to wait for what must not come
OTHERS: Final = 100

_CHUNKS: Final = re.compile(rb"(?:([0-9A-Fa-f]+)\r\n)")


class Recorder(socketserver.BaseRequestHandler):
    """A server that keeps all bytes of each connection, and answers the first request with its id."""

    connections: ClassVar[list[bytes]]

    def handle(self) -> None:
        received = b""
        self.request.settimeout(30)
        with suppress(ConnectionResetError):  # the caller left before all of it had come
            while not is_whole(received) and (part := self.request.recv(65536)):
                received += part
        self.request.settimeout(SURPLUS)
        with suppress(TimeoutError, ConnectionResetError):
            received += self.request.recv(65536)
        self.connections.append(received)
        found = re.search(rb"\r\nx-request-id: (\S+)\r\n", received, re.IGNORECASE)
        body = found[1] if found else b"nobody"
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def headers_of(head: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        found.setdefault(name.lower(), []).append(value.strip())
    return found


def body_length(head: bytes, rest: bytes) -> int | None:
    """Bytes of the body, by the only reading that there is; None if it is not whole, or there are several readings."""
    headers = headers_of(head)
    lengths, encodings = headers.get("content-length", []), headers.get("transfer-encoding", [])
    if not encodings and not lengths:
        return 0
    if not encodings and len(lengths) == 1 and lengths[0].isdecimal():
        return int(lengths[0]) if len(rest) >= int(lengths[0]) else None
    if encodings != ["chunked"] or lengths:
        return None
    place = 0
    while (line := _CHUNKS.match(rest, place)) is not None:
        place = line.end() + int(line[1], 16) + 2
        if rest[place - 2 : place] != b"\r\n":
            return None
        if int(line[1], 16) == 0:
            return place
    return None


def is_whole(received: bytes) -> bool:
    head, end, rest = received.partition(b"\r\n\r\n")
    return bool(end) and body_length(head, rest) is not None


@pytest.fixture
def proxied(control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The proxy in production, in front of a recorder."""
    monkeypatch.setattr(Recorder, "connections", [], raising=False)
    write(tmp_path / "keys", app=KEY)
    settings: dict[str, Any] = {
        "certificate": write_certificate(tmp_path),
        "keys": tmp_path / "keys",
        "production": True,
    }
    settings |= {"header_timeout": 5, "body_timeout": 5, "idle_timeout": 5}  # nobody waits long for what hangs
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Recorder) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers = (Server("a", http=server.server_address[1], grpc=find_free_port(), control=control.port),)
        with run_haproxy(tmp_path, servers=servers, **settings) as running:
            yield running
        server.shutdown()


def message(own: str, body: bytes = b"{}") -> bytes:
    head = (f"POST {ASK} HTTP/1.1", "Host: x", f"Authorization: Bearer {KEY}", f"X-Request-Id: {own}")
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body


def test_a_key_smuggles_nothing_in(proxied: Running) -> None:
    """The server gets one request a connection, with one reading; each caller gets the answers to its own."""
    names = [f"odd-{number}" for number in range(len(smuggling()))]
    own = {name: (f"Authorization: Bearer {KEY}", f"X-Request-Id: {name}") for name in names}
    odd = {name: list(smuggling(*own[name]).values())[number] for number, name in enumerate(names)}
    even = {f"even-{number}": message(f"even-{number}") for number in range(OTHERS)}
    mixed = list((even | odd).items())
    random.Random(1).shuffle(mixed)
    with ThreadPoolExecutor(len(odd) + 16) as pool:
        replies = dict(pool.map(lambda each: (each[0], send_http1(proxied.proxy.http, each[1])), mixed))

    answered = [name for name in even if replies[name]]  # on a busy machine the proxy hangs up on some
    assert len(answered) > OTHERS / 2
    assert [replies[name] for name in answered] == [[Reply(200, name.encode())] for name in answered]
    for name in odd:
        assert {reply.body for reply in replies[name] if reply.status == 200} <= {name.encode()}, odd[name]
    assert len(Recorder.connections) > len(answered)  # some of the odd ones are only odd
    for received in Recorder.connections:
        head, _, rest = received.partition(b"\r\n\r\n")
        assert head.startswith(f"POST {ASK} HTTP/1.1\r\n".encode()), received
        assert body_length(head, rest) == len(rest), received
        assert KEY.encode() not in head
