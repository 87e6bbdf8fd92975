"""Through HAProxy every way to ask is answered as without it."""

import hashlib
import ssl
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
import trustme

from deploy.proxy import Server
from ops.instance import Instance
from ops.layout import MODEL_NAME
from tests.integration.proxy.asking import ANSWER, LARGE, SMALL, ask, call, connect
from tests.integration.proxy.running import Control, Running, program, run_haproxy
from tests.integration.served import wait_for


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(backend: Server, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("tls")
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    certificate = directory / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with run_haproxy(directory, servers=(backend,), certificate=certificate) as running:
        yield running


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_an_answer_passes_unchanged(proxy: Running, behind: Instance, body: bytes) -> None:
    direct = ask(f"{behind.inference_url}/predictions/{MODEL_NAME}", body)
    proxied = ask(proxy.url, body)
    assert direct.json()["answer"] == ANSWER
    assert proxied.content == direct.content
    assert proxied.headers["Content-Type"] == direct.headers["Content-Type"]


def test_the_servers_own_errors_pass_unchanged(proxy: Running) -> None:
    reply = ask(proxy.url, b'{"question": "q", "context": "c", "topk": 1, "request_id": "mine"}')
    assert (reply.status_code, reply.json()["type"], reply.json()["request_id"]) == (400, "unknown_option", "mine")


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_grpc_is_answered(proxy: Running, body: bytes) -> None:
    assert call(proxy.grpc, body)["answer"] == ANSWER


def test_grpc_is_answered_over_tls(tls: Running) -> None:
    assert call(tls.grpc, roots=(tls.directory / "ca.pem").read_bytes())["answer"] == ANSWER


@pytest.mark.parametrize("version", ["1.1", "2"])
@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_http_is_answered_over_tls(tls: Running, tmp_path: Path, version: str, body: bytes) -> None:
    (tmp_path / "body").write_bytes(body)
    command = [program("curl"), "-sS", f"--http{version}", "--cacert", str(tls.directory / "ca.pem"), tls.url]
    command += ["-H", "Content-Type: application/json", "--data-binary", f"@{tmp_path / 'body'}"]
    command += ["-w", "\n%{http_version} %{http_code}"]
    answer, _, end = subprocess.run(command, check=True, capture_output=True, text=True).stdout.rpartition("\n")
    assert end == f"{version} 200"
    assert f'"answer":"{ANSWER}"' in answer


def handshake(running: Running, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=str(running.directory / "ca.pem"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with connect(running) as connection, context.wrap_socket(connection, server_hostname="127.0.0.1"):
        pass


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_is_1_2_or_1_3(tls: Running) -> None:
    handshake(tls, ssl.TLSVersion.TLSv1_2)
    handshake(tls, ssl.TLSVersion.TLSv1_3)
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        handshake(tls, ssl.TLSVersion.TLSv1_1)


def test_a_request_id_comes_back(proxy: Running) -> None:
    assert ask(proxy.url, headers={"X-Request-Id": "order-66.a_b"}).headers["X-Request-Id"] == "order-66.a_b"
    assert requests.get(f"{proxy.base}/nothing", headers={"X-Request-Id": "e"}, timeout=10).json()["request_id"] == "e"


@pytest.mark.parametrize("mine", [None, "", 'a"b', "私", "x" * 129])
def test_an_id_that_cannot_stand_in_a_log_is_replaced(proxy: Running, mine: str | None) -> None:
    reply = ask(proxy.url, headers={} if mine is None else {"X-Request-Id": mine.encode()})
    assert len(reply.headers["X-Request-Id"]) == 36
    wait_for(lambda: any(line["request_id"] == reply.headers["X-Request-Id"] for line in proxy.log()))


def test_a_server_sees_the_id_and_the_arrival_but_no_key(tmp_path: Path, control: Control) -> None:
    seen = []

    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            # A server that closes on a body it has not read resets the connection.
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    keys = tmp_path / "keys"
    keys.write_text(f"{hashlib.sha256(b'key').hexdigest()} app\n", "utf-8")
    with HTTPServer(("127.0.0.1", 0), Echo) as echo:
        Thread(target=echo.serve_forever, daemon=True).start()
        server = Server("a", http=echo.server_port, control=control.port)
        with run_haproxy(tmp_path, servers=(server,), keys=keys) as running:
            headers = {"X-Request-Start": "t=1", "X-Request-Id": "mine", "Authorization": "Bearer key"}
            assert ask(running.url, headers=headers).status_code == 200
            wait_for(lambda: bool(running.log()))
        echo.shutdown()
    (names,) = seen
    assert names["x-request-id"] == "mine"
    assert abs(int(names["x-request-start"].removeprefix("t=")) / 1000 - time.time()) < 60
    assert "authorization" not in names
