"""HAProxy and nginx as processes, and the control address of an instance, for the tests."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
import requests
import trustme

from deploy.haproxy import render as haproxy
from deploy.nginx import render as nginx
from deploy.proxy import Proxy, Server
from ops.instance import Instance
from ops.layout import MODEL_NAME
from ops.ports import find_free_port
from tests.integration.served import wait_for

# Debian keeps both in /usr/sbin, which a user's PATH may lack.
_PATH: Final = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


def program(name: str) -> str:
    """The path of an installed program. Without it the test is skipped."""
    path = shutil.which(name, path=_PATH)
    if path is None:
        pytest.skip(f"{name} is not installed: apt-get install {name}")
    return path


class Control:
    """What an instance's control address says: ready, or not."""

    def __init__(self) -> None:
        self.ready = True
        control = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if control.ready and self.path == "/ready" else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        class Listening(ThreadingHTTPServer):
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a proxy that is killed leaves its probes

        self.port = find_free_port()
        self._server = Listening(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def as_server(name: str, instance: Instance, control: Control, workers: int) -> Server:
    return Server(
        name,
        http=int(instance.inference_url.rpartition(":")[2]),
        grpc=int(instance.properties["grpc_inference_port"]),
        control=control.port,
        workers=workers,
    )


@dataclass
class Running:
    """A proxy that runs."""

    proxy: Proxy
    directory: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def base(self) -> str:
        return f"{'https' if self.proxy.certificate else 'http'}://{self.proxy.http}"

    @property
    def url(self) -> str:
        return f"{self.base}/predictions/{MODEL_NAME}"

    @property
    def grpc(self) -> str:
        assert self.proxy.grpc
        return self.proxy.grpc

    def log(self) -> list[dict[str, Any]]:
        """The lines of the access log that are complete."""
        lines = (self.directory / "access.log").read_text("utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def ready(self) -> bool:
        try:
            verify = str(self.directory / "ca.pem") if self.proxy.certificate else True
            return requests.get(f"{self.base}/ready", timeout=5, verify=verify).status_code == 200
        except requests.RequestException:
            return False

    def has_large(self) -> bool:
        """Whether the process for large requests runs."""
        try:
            return requests.get(f"http://{self.proxy.exporter}/large", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def listens(self) -> bool:
        try:
            return requests.get(f"{self.base}/nothing", timeout=5).status_code == 404
        except requests.RequestException:
            return False

    def metrics(self, of: str = "metrics") -> dict[str, float]:
        """The metrics of the front, or those of ``large``."""
        text = requests.get(f"http://{self.proxy.exporter}/{of}", timeout=5).text
        pairs = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def queued(self, backend: str = "http") -> int:
        """Requests that wait for a slot."""
        metrics = self.metrics("large" if backend.startswith("large") else "metrics")
        return int(metrics[f'haproxy_backend_current_queue{{proxy="{backend}"}}'])

    def in_slots(self) -> int:
        """Requests that the servers have over HTTP."""
        name, total = "haproxy_server_current_sessions", 0.0
        front, large = self.metrics(), self.metrics("large")
        for server in self.proxy.servers:
            total += front[f'{name}{{proxy="http",server="{server.name}"}}']
            total += large[f'{name}{{proxy="large-{server.name}-http",server="{server.name}"}}']
        return int(total)

    def memory(self) -> int:
        """Bytes that its processes occupy."""
        return sum(process.memory_info().rss for process in psutil.Process(self.process.pid).children(recursive=True))

    def reload(self) -> None:
        """Let HAProxy read its files again, and wait until the processes that did have taken over."""
        loaded, before = self._loaded(), psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGUSR2)
        wait_for(lambda: self._loaded() > loaded and self.heeds_signals())
        wait_for(lambda: not any(map(is_listening, before)))

    def _loaded(self) -> int:
        return (self.directory / "errors.log").read_text("utf-8").count("Loading success")

    def heeds_signals(self) -> bool:
        """Whether HAProxy's master has started. Before, a signal ends it and leaves its children behind."""
        process = Path("/proc", str(self.process.pid))
        caught = re.search(r"^SigCgt:\s*(\w+)", (process / "status").read_text("utf-8"), re.MULTILINE)
        assert caught
        waits = b"HAPROXY_MWORKER_WAIT_ONLY=1" in (process / "environ").read_bytes()
        return waits and bool(int(caught[1], 16) >> (signal.SIGUSR2 - 1) & 1)


def write_certificate(directory: Path) -> Path:
    """Write a certificate for 127.0.0.1, and its authority's beside it, where ``Running`` looks for it."""
    authority, certificate = trustme.CA(), directory / "server.pem"
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    return certificate


def is_listening(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(each.status == psutil.CONN_LISTEN for each in process.net_connections("tcp"))
    return False


@contextmanager
def run_haproxy(directory: Path, ready: bool = True, **settings: Any) -> Iterator[Running]:
    """HAProxy with these settings on free ports; by default it waits for a server."""
    command = program("haproxy")
    proxy = on_free_ports(directory, {"configuration": directory, **settings})
    for name, text in haproxy.render(proxy).items():
        (directory / name).write_text(text, "utf-8")
        subprocess.run([command, "-W", "-c", "-q", "-f", str(directory / name)], check=True)
    config = directory / "haproxy.cfg"
    with _run([command, "-W", "-f", str(config)], proxy, directory) as running:
        wait_for(running.has_large)
        wait_for(running.heeds_signals)
        if ready:
            wait_for(running.ready)
        yield running


@contextmanager
def run_nginx(directory: Path, **settings: Any) -> Iterator[Running]:
    """nginx with these settings on free ports."""
    command = program("nginx")
    proxy = on_free_ports(directory, settings)
    config = directory / "nginx.conf"
    config.write_text(nginx.render(proxy), "utf-8")
    subprocess.run([command, "-t", "-q", "-e", "stderr", "-c", str(config)], check=True)
    # As root nginx runs as nobody, who may not enter the tests' directories.
    user = ["-g", "user root;"] if os.getuid() == 0 else []
    with _run([command, "-e", "stderr", "-c", str(config), *user], proxy, directory) as running:
        wait_for(running.listens)
        yield running


def on_free_ports(directory: Path, settings: Mapping[str, Any]) -> Proxy:
    addresses = {name: f"127.0.0.1:{find_free_port()}" for name in ("http", "grpc", "exporter")}
    # The tests' control address shares the interpreter with their callers.
    return Proxy(**{**addresses, "run": directory, "check_timeout": 60, **settings})


@contextmanager
def _run(command: list[str], proxy: Proxy, directory: Path) -> Iterator[Running]:
    with ExitStack() as stack:
        log, errors = (stack.enter_context((directory / f"{name}.log").open("wb")) for name in ("access", "errors"))
        process = subprocess.Popen(command, stdout=log, stderr=errors)
        try:
            yield Running(proxy, directory, process)
        finally:
            process.terminate()
            process.wait(30)
