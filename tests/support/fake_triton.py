"""Stands in for Triton: is ready at once, starts a process for the model, and another whenever it is told to load.

    python fake_triton.py PORT NOTES

It writes into NOTES what it was asked, and when, by the monotonic clock. The model's process is named as Triton's is,
and nobody waits for it. Of files beside NOTES, ``fails`` makes it exit with 3 at once, ``refuses`` makes it load
nothing, and with ``babbles`` it replies to that with what is no HTTP.
"""

import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

PORT, NOTES = int(sys.argv[1]), Path(sys.argv[2])
STUB = NOTES.with_name("triton_python_backend_stub")


def note(line: str) -> None:
    with NOTES.open("a") as notes:
        notes.write(f"{line}\n")


def start_stub() -> None:
    note(f"stub {subprocess.Popen([STUB, '600']).pid}")


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        asked = time.monotonic()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if NOTES.with_name("refuses").exists():
            self.send_error(400)
        elif NOTES.with_name("babbles").exists():
            self.wfile.write(b"?\r\n")
        else:
            start_stub()
            self.do_GET()
        note(f"{self.path} {asked}")

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    note(f"triton {os.getpid()}")
    if NOTES.with_name("fails").exists():
        sys.exit(3)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not STUB.exists():
        STUB.symlink_to("/bin/sleep")
    start_stub()
    HTTPServer(("127.0.0.1", PORT), Server).serve_forever()
