"""Over HTTP/2 a caller reads why it was refused, although the headers come before the body."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from deploy.haproxy import render
from deploy.proxy import Server
from ops.ports import find_free_port
from tests.integration.proxy.asking import SMALL
from tests.integration.proxy.frames import Stream, send_http2_in_two
from tests.integration.proxy.running import Control, Running, run_haproxy
from tests.integration.proxy.test_keys import bearer, write
from tests.integration.served import wait_for

ASK: Final = "/predictions/luke-qa"
KEY: Final = bearer("first-key")
NO_HEADERS: Final[Mapping[str, str]] = {}
GRPC: Final = f"{render.GRPC_SERVICE}/Predictions"


@pytest.fixture
def control() -> Iterator[Control]:
    control = Control()
    yield control
    control.close()


@pytest.fixture
def server(control: Control) -> Server:
    """It is ready, and nobody asks it anything here."""
    return Server("a", http=find_free_port(), grpc=find_free_port(), control=control.port)


def refused(
    running: Running, method: str, path: str, headers: Mapping[str, str] = NO_HEADERS, body: bytes | None = SMALL
) -> Stream:
    pseudo = {":method": method, ":scheme": "http", ":path": path, ":authority": "qa.example"}
    lines = [(name.lower().encode(), value.encode()) for name, value in {**pseudo, **headers}.items()]
    address = running.grpc if path == GRPC else running.proxy.http
    return send_http2_in_two(address, lines, body)


def test_a_refusal_waits_for_the_body(
    server: Server, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "REFUSED_BODY_TIMEOUT", 60.0)  # however busy the machine is
    write(tmp_path / "keys", app="first-key")
    with run_haproxy(tmp_path, servers=(server,), keys=tmp_path / "keys", wrong_keys=1) as running:

        def reason(method: str, path: str, **headers: str) -> str:
            stream = refused(running, method, path, headers)
            assert not stream.reset
            return str(json.loads(stream.body)["type"])

        assert reason("POST", "/models") == "not_found"
        assert reason("PUT", ASK) == "method_not_allowed"
        assert reason("POST", "/ready") == "method_not_allowed"
        assert reason("POST", ASK, cookie="x" * 9000) == "headers_too_large"
        assert reason("POST", ASK) == "unauthorized"
        assert reason("POST", ASK) == "too_many_wrong_keys"
        assert not refused(running, "POST", GRPC).reset
        control.ready = False
        wait_for(lambda: not running.ready())
        assert reason("POST", ASK, **KEY) == "not_ready"
        assert reason("POST", ASK, **KEY, **{"content-length": str(len(SMALL))}) == "not_ready"


def test_who_holds_the_body_back_is_refused_soon_and_has_guessed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "REFUSED_BODY_TIMEOUT", 0.3)
    write(tmp_path / "keys", app="first-key")
    with run_haproxy(tmp_path, servers=(server,), keys=tmp_path / "keys", wrong_keys=1) as running:
        held = refused(running, "POST", ASK, body=None)
        assert json.loads(held.body)["type"] == "request_timeout"
        wait_for(lambda: b"too_many_wrong_keys" in refused(running, "POST", ASK).body)
