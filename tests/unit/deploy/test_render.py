"""What is rendered is taken by HAProxy and nginx."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme

from deploy.haproxy import render as haproxy
from deploy.nginx import render as nginx
from deploy.proxy import Proxy, ProxyError, Server
from tests.integration.proxy.running import program

ROOT = Path(__file__).parents[3]
SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "two servers": {"servers": (Server("a"), Server("b", http=8180, grpc=7170, control=8179, workers=8))},
    "many servers": {"servers": tuple(Server(f"s{n}", host=f"10.0.0.{n}") for n in range(1, 17))},
    "no gRPC": {"grpc": None},
    "pages": {"origins": ("https://a.example", "http://localhost:3000")},
    "IPv6": {"http": "[::1]:9080", "grpc": "[::1]:9070", "exporter": "[::1]:9101"},
    "open": {"http": "*:9080", "grpc": "*:9070", "exporter": "*:9101", "trusted_network": True},
    "small and short": {"max_body": 1000, "large_body": 10, "queue": 1, "header_timeout": 0.5, "large_requests": 1},
}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "server.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(file))
    return file


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "secured"])
@pytest.mark.parametrize("name", SETTINGS)
def test_haproxy_takes_it_without_a_warning(tmp_path: Path, certificate: Path, name: str, secured: bool) -> None:
    (keys := tmp_path / "keys").write_text("", "utf-8")
    more: dict[str, Any] = {"certificate": certificate, "keys": keys} if secured else {}
    for file, text in haproxy.render(Proxy(**{"run": tmp_path, **SETTINGS[name], **more})).items():
        (tmp_path / file).write_text(text, "utf-8")
        command = [program("haproxy"), "-W", "-c", "-dW", "-f", str(tmp_path / file)]
        checked = subprocess.run(command, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("protocols", [("http",), ("http", "grpc")], ids="+".join)
def test_idle_clients_of_one_protocol_leave_room_for_the_other(protocols: tuple[str, ...]) -> None:
    proxy = Proxy(connections=1000) if "grpc" in protocols else Proxy(connections=1000, grpc=None)
    whole, *each = map(int, re.findall(r"^    maxconn (\d+)$", haproxy.render(proxy)["haproxy.cfg"], re.MULTILINE))
    assert each == [1000 for _ in protocols]
    # Beside them a request comes in a second time, and Prometheus and the kubelet ask.
    assert whole > sum(each) + proxy.queue + sum(server.total_slots for server in proxy.servers)
    # nginx counts the connections to clients and to servers together.
    assert f"worker_connections {2 * sum(each)};" in nginx.render(proxy)


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "secured"])
@pytest.mark.parametrize("name", SETTINGS)
def test_nginx_takes_it(tmp_path: Path, certificate: Path, name: str, secured: bool) -> None:
    more: dict[str, Any] = {"certificate": certificate} if secured else {}
    config = tmp_path / "nginx.conf"
    config.write_text(nginx.render(Proxy(**{"run": tmp_path, **SETTINGS[name], **more})), "utf-8")
    command = [program("nginx"), "-t", "-e", "stderr", "-c", str(config)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr


def test_nginx_has_no_hashed_keys() -> None:
    with pytest.raises(ProxyError, match="nginx cannot check hashed keys"):
        nginx.render(Proxy(keys=Path("keys")))


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", *arguments]
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'handler'}"}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=path)


def test_the_commands_write_what_is_rendered(tmp_path: Path) -> None:
    done = run("deploy.haproxy", str(tmp_path), "deploy/proxy.yaml")
    assert done.returncode == 0
    assert done.stderr.endswith("HAProxy looks for large.cfg in /etc/luke-qa-proxy: put both files there.\n")
    written = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    assert written == haproxy.render(Proxy())
    assert run("deploy.nginx", "deploy/proxy.yaml").stdout == nginx.render(Proxy())


def test_where_the_files_belong_is_said_only_if_they_are_elsewhere(tmp_path: Path) -> None:
    (settings := tmp_path / "proxy.yaml").write_text(f"configuration: {tmp_path}", "utf-8")
    assert "large.cfg" not in run("deploy.haproxy", str(tmp_path), str(settings)).stderr


@pytest.mark.parametrize("arguments", [["deploy.haproxy", "."], ["deploy.nginx"]])
def test_a_command_refuses_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    (wrong := tmp_path / "wrong.yaml").write_text("queue: none", "utf-8")
    refused = run(*arguments, str(wrong))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert "queue" in refused.stderr
