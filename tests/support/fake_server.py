"""Stands in for java: answers on the inference and management addresses as a server with one worker does.

    python fake_server.py CONFIG BEHAVIOUR

Its worker is a process that sleeps, and is replaced when it died. Files beside CONFIG, while they exist, change what it
does: ``no-answers`` (questions fail), ``missing`` (it has no such model), ``pending`` (a request waits).
"""

import json
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

CONFIG = Path(sys.argv[1])
HOME = CONFIG.parent


def start_worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "600"])


class Server(BaseHTTPRequestHandler):
    worker = start_worker()

    def do_GET(self) -> None:
        if (HOME / "missing").exists():
            self._reply(404, {"code": 404})
            return
        if self.worker.poll() is not None:
            Server.worker = start_worker()
        workers = [{"pid": self.worker.pid, "status": "READY"}]
        pending = int((HOME / "pending").exists())
        self._reply(200, [{"workers": workers, "minWorkers": 1, "jobQueueStatus": {"pendingRequests": pending}}])

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        failing = (HOME / "no-answers").exists()
        self._reply(503 if failing else 200, {} if failing else {"answer": "苺"})

    def _reply(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    behaviour = sys.argv[2]
    if behaviour == "exits":
        sys.exit(3)
    if behaviour == "ignores SIGTERM":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    lines = [line.partition("=") for line in CONFIG.read_text("utf-8").splitlines()]
    properties = {name: value for name, _, value in lines}
    for name in () if behaviour == "never listens" else ("inference_address", "management_address"):
        url = urlsplit(properties[name])
        server = ThreadingHTTPServer((url.hostname or "", url.port or 0), Server)
        Thread(target=server.serve_forever, daemon=True).start()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
