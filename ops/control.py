"""The supervisor's own address: ``/live``, ``/ready`` and ``/metrics``, for proxies, probes and Prometheus."""

import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from ops.health import Health
from ops.server_metrics import ServerMetrics

TEXT = "text/plain; charset=utf-8"
WATCHED = 10.0  # seconds; probes come more often


class ControlServer(ThreadingHTTPServer):
    """Answers at ``address`` (``http://host:port``) from threads of its own until ``close``.

    Raises:
        OSError: the address is taken.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str, health: Health, metrics: ServerMetrics) -> None:
        url = urlsplit(address)
        self.health = health
        self.metrics = metrics
        self._asked: float | None = None
        super().__init__((url.hostname or "", url.port or 0), _Handler)
        Thread(target=self.serve_forever, args=(0.1,), name="control", daemon=True).start()  # polls for `shutdown`

    def ready_asked(self) -> None:
        """Note that somebody asked ``/ready``."""
        self._asked = time.monotonic()

    def is_watched(self) -> bool:
        """Return whether somebody has asked ``/ready`` lately: a proxy, or a probe."""
        return self._asked is not None and time.monotonic() - self._asked < WATCHED

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a probe that hung up: HAProxy's do as soon as they have read the status."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop answering and free the port."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ControlServer
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds; a peer that sends nothing is dropped

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/live":
            self._reply(HTTPStatus.OK, "live\n")
        elif path == "/ready":
            self.server.ready_asked()
            obstacle = self.server.health.obstacle()
            status = HTTPStatus.SERVICE_UNAVAILABLE if obstacle else HTTPStatus.OK
            self._reply(status, f"not ready: {obstacle}\n" if obstacle else "ready\n")
        elif path == "/metrics":
            self._reply(HTTPStatus.OK, self.server.metrics.text().decode(), CONTENT_TYPE_PLAIN_0_0_4)
        else:
            self._reply(HTTPStatus.NOT_FOUND, "not found\n")

    do_HEAD = do_GET  # noqa: N815

    def _reply(self, status: HTTPStatus, text: str, content_type: str = TEXT) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: probes come every second."""
