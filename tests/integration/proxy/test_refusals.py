"""What HAProxy refuses by itself, in the shape of the server's own errors."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.proxy import Server
from tests.integration.proxy.asking import SMALL, ask, assert_right, call, connect, refused, send, status_of
from tests.integration.proxy.running import Control, Running, run_haproxy
from tests.integration.served import wait_for

PAGE = "https://pages.example"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECTED")
PATHS = (
    "/",
    "/predictions",
    "/predictions/",
    "/predictions/luke-qa/",
    "/predictions/luke-qa/1.0",
    "/predictions/other",
    "//predictions/luke-qa",
    "/predictions/%6cuke-qa",
    "/predictions/../models",
    "/models",
    "/models/luke-qa",
    "/models/luke-qa/invoke",
    "/models/luke-qa?min_worker=0",
    "/workflows",
    "/wfpredict/luke-qa",
    "/explanations/luke-qa",
    "/v2/models/luke-qa/infer",
    "/v2/health/ready",
    "/metrics",
    "/token",
    "/api-description",
    "/pings",
)
PROBES = ("/ping", "/ready", "/live")


def request(running: Running, method: str, path: str, **headers: str) -> requests.Response:
    with requests.Session() as session:
        prepared = requests.Request(method, running.base, headers=headers).prepare()
        prepared.url = running.base + path  # as it is, with its dots
        return session.send(prepared, timeout=30)


def assert_error(reply: requests.Response, code: int, type: str) -> None:
    assert reply.status_code == code
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    error = reply.json()
    assert (error["code"], error["type"], error["field"]) == (code, type, None)
    assert error["request_id"] == reply.headers["X-Request-Id"]
    assert error["message"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_there_is_no_other_path(proxy: Running, method: str, path: str) -> None:
    reply = request(proxy, method, path)
    if method == "HEAD":
        assert reply.status_code == 404
    else:
        assert_error(reply, 404, "not_found")


@pytest.mark.parametrize("path", ["/predictions/luke-qa", *PROBES])
@pytest.mark.parametrize("method", METHODS)
def test_a_path_has_one_method(proxy: Running, method: str, path: str) -> None:
    asks = path not in PROBES
    if method == ("POST" if asks else "GET") or (asks and method == "OPTIONS"):
        return
    reply = request(proxy, method, path)
    assert reply.status_code == 405
    assert reply.headers["Allow"] == ("POST" if asks else "GET")
    if method != "HEAD":
        assert_error(reply, 405, "method_not_allowed")


@pytest.mark.parametrize("service", ["management.ManagementAPIsService", "inference.InferenceAPIsService"])
@pytest.mark.parametrize("method", ["RegisterModel", "ListModels", "StreamPredictions2", "predictions"])
def test_grpc_has_no_other_method(proxy: Running, service: str, method: str) -> None:
    status, _ = refused(proxy.grpc, path=f"/org.pytorch.serve.grpc.{service}/{method}")
    assert status == "UNIMPLEMENTED"


def test_grpc_speaks_no_http(proxy: Running) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{proxy.grpc}/ping", timeout=10)


def test_the_exporter_has_metrics_only(proxy: Running) -> None:
    address = f"http://{proxy.proxy.exporter}"
    for path in ("metrics", "large"):
        assert "haproxy_server_status" in requests.get(f"{address}/{path}", timeout=10).text
    assert requests.get(f"{address}/stats", timeout=10).status_code == 404


def test_probes_are_answered(proxy: Running) -> None:
    statuses = [request(proxy, "GET", path).json()["status"] for path in PROBES]
    assert statuses == ["Healthy", "Healthy", "Live"]


def test_a_page_of_a_named_origin_may_ask(proxy: Running) -> None:
    asks = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    preflight = request(proxy, "OPTIONS", "/predictions/luke-qa", **asks)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    assert {"authorization", "content-type"} <= set(
        preflight.headers["Access-Control-Allow-Headers"].lower().split(", ")
    )
    reply = ask(proxy.url, headers={"Origin": PAGE})
    assert_right(reply)
    for each in (preflight, reply, request(proxy, "GET", "/nothing", Origin=PAGE)):
        assert each.headers["Access-Control-Allow-Origin"] == PAGE
        assert each.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://other.example", "null", f"{PAGE}.evil", PAGE.upper(), f"{PAGE}:444", ""])
def test_a_page_of_another_origin_may_not(proxy: Running, origin: str) -> None:
    assert_error(request(proxy, "OPTIONS", "/predictions/luke-qa", Origin=origin), 403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in ask(proxy.url, headers={"Origin": origin}).headers


def test_a_body_over_the_limit_is_refused_unread(proxy: Running) -> None:
    assert_error(ask(proxy.url, b" " * 3_000_001), 413, "too_large")
    assert_error(ask(proxy.url, b" " * 50_000_000), 413, "too_large")
    assert status_of(send(proxy, b"", length=3_000_001)) == 413


def test_a_body_without_a_length_is_held_to_the_limit(proxy: Running) -> None:
    def chunks(length: int) -> Iterator[bytes]:
        yield SMALL
        yield from (b" " * 10_000 for _ in range(length // 10_000))

    assert_right(ask(proxy.url, chunks(10_000)))  # type: ignore[arg-type]
    assert_right(ask(proxy.url, chunks(2_900_000)))  # type: ignore[arg-type]
    assert_error(ask(proxy.url, chunks(3_000_000)), 413, "too_large")  # type: ignore[arg-type]


def test_grpc_is_held_to_the_limit(proxy: Running) -> None:
    assert call(proxy.grpc, SMALL + b" " * 2_900_000)["answer"]
    status, details = refused(proxy.grpc, body=b" " * 3_010_000)
    assert status == "RESOURCE_EXHAUSTED"
    assert "larger than max" in details


@pytest.mark.parametrize("path", ["/predictions/luke-qa", "/ready"])
def test_long_headers_and_addresses_are_refused(proxy: Running, path: str) -> None:
    method = "GET" if path in PROBES else "POST"
    assert_error(request(proxy, method, path, Cookie="x" * 9000), 431, "headers_too_large")
    assert_error(request(proxy, method, f"{path}?{'x' * 5000}"), 431, "headers_too_large")


def test_who_sends_slowly_is_told_so(tmp_path: Path, backend: Server) -> None:
    with run_haproxy(tmp_path, servers=(backend,), header_timeout=0.5, body_timeout=0.5) as running:
        with send(running, b'{"question', length=500) as slow, slow.makefile("rb") as reader:
            head, _, body = reader.read().partition(b"\r\n\r\n")
        assert b" 408 " in head
        assert json.loads(body)["type"] == "request_timeout"
        slow = connect(running)
        slow.sendall(b"POST /predictions/luke-qa HTTP/1.1\r\nHos")
        assert status_of(slow) == 408


def test_without_a_server_it_says_so(tmp_path: Path, backend: Server) -> None:
    control = Control()
    server = Server("a", http=backend.http, grpc=backend.grpc, control=control.port)
    with run_haproxy(tmp_path, servers=(server,)) as running:
        assert_right(ask(running.url))
        control.ready = False
        wait_for(lambda: not running.ready())
        reply = ask(running.url)
        assert_error(reply, 503, "not_ready")
        assert reply.headers["Retry-After"] == "2"
        for path, status in (("/ready", 503), ("/ping", 503), ("/live", 200)):
            assert request(running, "GET", path).status_code == status
        assert refused(running.grpc)[0] == "UNAVAILABLE"
        control.ready = True
        wait_for(running.ready)
        assert_right(ask(running.url))
    control.close()


def test_the_access_log_is_json_without_what_callers_wrote(tmp_path: Path, backend: Server) -> None:
    secret = "himitsu"
    with run_haproxy(tmp_path, servers=(backend,)) as running:
        assert_right(ask(running.url, headers={"User-Agent": secret, "Referer": secret, "Cookie": secret}))
        ask(running.url, f'{{"question": "{secret}"}}'.encode())
        request(running, "GET", f"/{secret}?{secret}")
        request(running, secret.upper(), f'/predictions/luke-qa?"{secret}')
        assert status_of(send(running, b"", himitsu='"\\')) == 400
        call(running.grpc)
        refused(running.grpc, path=f"/{secret}/{secret}")
        broken = send(running, b"", length=-1)
        assert status_of(broken) == 400
        wait_for(lambda: len([line for line in running.log() if line["route"] != "ready"]) == 8)
        lines = running.log()
    assert secret not in (tmp_path / "access.log").read_text("utf-8").lower()
    answered = next(line for line in lines if line["status"] == 200 and line["route"] == "predictions")
    assert answered["server"] == "a"
    assert answered["size"] == "small"
    assert answered["total_ms"] >= answered["server_ms"] >= 0
    assert answered["bytes_in"] > len(SMALL)
    assert {line["grpc_status"] for line in lines if line["frontend"] == "grpc"} == {"-", "12"}
