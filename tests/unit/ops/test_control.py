"""The supervisor's address, over real HTTP."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from ops.control import ControlServer
from ops.health import Health
from ops.instance import free_ports
from ops.observation import Observation, Worker
from ops.ports import find_free_port
from ops.server_metrics import ServerMetrics


@pytest.fixture
def health() -> Health:
    return Health(1e6, 1e6)


@pytest.fixture
def control(health: Health, tmp_path: Path) -> Iterator[ControlServer]:
    control = ControlServer(free_ports()["control_address"], health, ServerMetrics(tmp_path, health))
    yield control
    control.close()


def url(control: ControlServer, path: str) -> str:
    return f"http://127.0.0.1:{control.server_address[1]}{path}"


def test_it_is_live_and_says_why_it_is_not_ready(control: ControlServer, health: Health) -> None:
    assert (requests.get(url(control, "/live"), timeout=30).status_code) == 200
    reply = requests.get(url(control, "/ready"), timeout=30)
    assert (reply.status_code, reply.text) == (503, "not ready: its management address does not reply\n")
    health.observed(Observation((Worker(1, "READY"),), wanted=1))
    health.canary_answered()
    reply = requests.get(url(control, "/ready?verbose=1"), timeout=30)
    assert (reply.status_code, reply.text) == (200, "ready\n")


def test_metrics_are_prometheus_text(control: ControlServer) -> None:
    reply = requests.get(url(control, "/metrics"), timeout=30)
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "luke_qa_ready 0.0\n" in reply.text


def test_head_has_no_body_and_other_paths_and_methods_are_refused(control: ControlServer) -> None:
    head = requests.head(url(control, "/ready"), timeout=30)
    assert (head.status_code, head.content) == (503, b"")
    assert requests.get(url(control, "/"), timeout=30).status_code == 404
    assert requests.post(url(control, "/ready"), timeout=30).status_code == 501


def test_a_connection_is_kept(control: ControlServer) -> None:
    with requests.Session() as session:
        for path in ("/live", "/ready", "/nowhere", "/metrics"):
            assert session.get(url(control, path), timeout=30).headers.get("Connection") != "close"


def test_it_knows_whether_somebody_asks_for_readiness(control: ControlServer) -> None:
    requests.get(url(control, "/metrics"), timeout=30)
    assert not control.is_watched()
    requests.get(url(control, "/ready"), timeout=30)
    assert control.is_watched()


def test_a_taken_address_is_an_error_and_a_closed_one_is_free(health: Health, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port := find_free_port()))
        other.listen()
        address = f"http://127.0.0.1:{port}"
        with pytest.raises(OSError, match="in use"):
            ControlServer(address, health, ServerMetrics(tmp_path, health))
    for _ in range(2):
        ControlServer(address, health, ServerMetrics(tmp_path, health)).close()


@pytest.mark.parametrize(
    ("error", "told"), [(ConnectionResetError(), False), (BrokenPipeError(), False), (OSError(), True)]
)
def test_a_probe_that_hangs_up_leaves_no_line(
    control: ControlServer, capsys: pytest.CaptureFixture[str], error: OSError, told: bool
) -> None:
    try:
        raise error
    except OSError:
        control.handle_error(None, ("127.0.0.1", 1))
    assert bool(capsys.readouterr().err) is told
