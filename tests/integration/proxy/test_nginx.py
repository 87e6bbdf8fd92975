"""nginx in front of the server."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.proxy import Server
from ops.instance import Instance
from ops.layout import MODEL_NAME
from ops.ports import find_free_port
from tests.integration.proxy.asking import ANSWER, LARGE, SMALL, ask, assert_right, call, leave, refused, send
from tests.integration.proxy.running import Running, run_nginx
from tests.integration.served import wait_for

PAGE = "https://pages.example"


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def nginx(backend: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("nginx")
    with run_nginx(directory, servers=(backend,), origins=(PAGE,), body_timeout=3) as running:
        yield running


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_an_answer_passes_unchanged(nginx: Running, behind: Instance, body: bytes) -> None:
    direct = ask(f"{behind.inference_url}/predictions/{MODEL_NAME}", body)
    assert direct.json()["answer"] == ANSWER
    assert ask(nginx.url, body).content == direct.content
    assert call(nginx.grpc, body)["answer"] == ANSWER


@pytest.mark.parametrize(
    ("method", "path", "code", "type"),
    [
        ("GET", "/models", 404, "not_found"),
        ("PUT", "/models/luke-qa?min_worker=0", 404, "not_found"),
        ("GET", "/metrics", 404, "not_found"),
        ("OPTIONS", "/", 404, "not_found"),
        ("POST", "/predictions/luke-qa/1.0", 404, "not_found"),
        ("GET", "/predictions/luke-qa", 405, "method_not_allowed"),
        ("DELETE", "/predictions/luke-qa", 405, "method_not_allowed"),
        ("POST", "/ping", 405, "method_not_allowed"),
    ],
)
def test_there_is_nothing_else(nginx: Running, method: str, path: str, code: int, type: str) -> None:
    reply = requests.request(method, nginx.base + path, headers={"X-Request-Id": "mine"}, timeout=30)
    assert reply.status_code == code
    error = reply.json()
    assert (error["code"], error["type"], error["request_id"]) == (code, type, "mine")
    assert reply.headers["X-Request-Id"] == "mine"


def test_probes_and_refusals(nginx: Running) -> None:
    assert requests.get(f"{nginx.base}/ping", timeout=10).json() == {"status": "Healthy"}
    management = "/org.pytorch.serve.grpc.management.ManagementAPIsService/ListModels"
    assert refused(nginx.grpc, path=management)[0] == "UNIMPLEMENTED"
    assert ask(nginx.url, b" " * 3_000_001).json()["type"] == "too_large"


def test_a_page_of_a_named_origin_may_ask(nginx: Running) -> None:
    preflight = requests.options(nginx.url, headers={"Origin": PAGE}, timeout=10)
    assert preflight.status_code == 204
    for reply in (preflight, ask(nginx.url, headers={"Origin": PAGE})):
        assert reply.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Access-Control-Allow-Origin" not in ask(nginx.url, headers={"Origin": "https://other.example"}).headers


def test_half_sent_bodies_wait_on_disk(nginx: Running) -> None:
    half = [send(nginx, b'{"question": "' + b"x" * 100_000, length=2_900_000) for _ in range(300)]
    assert_right(ask(nginx.url))
    assert_right(ask(nginx.url, LARGE))
    leave(half)


def test_the_access_log_is_json_without_what_callers_wrote(nginx: Running) -> None:
    secret = "himitsu"
    assert_right(ask(nginx.url, headers={"User-Agent": secret, "X-Request-Id": "logged"}))
    requests.get(f'{nginx.base}/{secret}?"{secret}', timeout=10)
    wait_for(lambda: any(line["request_id"] == "logged" for line in nginx.log()))
    assert secret not in (nginx.directory / "access.log").read_text("utf-8")


def test_what_takes_too_long_is_not_asked_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        silent = [Server(name, http=port, grpc=port) for name, port in (("a", port_of(one)), ("b", port_of(other)))]
        with run_nginx(tmp_path, servers=tuple(silent), answer_timeout=0.5) as running:
            reply = ask(running.url)
            assert (reply.status_code, reply.json()["type"]) == (504, "deadline_exceeded")
            assert refused(running.grpc) == ("DEADLINE_EXCEEDED", "The server did not answer in time.")
            wait_for(lambda: any(line["route"] == "predictions" for line in running.log()))
            assert [line["server"] for line in running.log() if line["route"] == "predictions"] == [
                f"127.0.0.1:{port_of(one)}"
            ]


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    with run_nginx(tmp_path, servers=(Server("a", http=find_free_port(), grpc=find_free_port()),)) as running:
        reply = ask(running.url)
        assert (reply.status_code, reply.json()["type"]) == (503, "not_ready")
        assert reply.headers["Retry-After"] == "2"
