"""Keep Triton serving: ``python -m deploy.triton.supervisor PORT MODEL -- COMMAND...``; MODEL is its directory.

Triton does not notice that the process of a Python model has died: its instance answers 500 for ever, and takes the
requests of the others because it is always free (triton-inference-server/server, issue 8604). So this loads the model
again when such a process dies, and starts Triton again when Triton itself ends. A stop is passed on.

Only psutil and the standard library: it also runs inside the container.
"""

import logging
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from types import FrameType
from typing import Final

import psutil

logger = logging.getLogger("luke_qa.triton")

STUB: Final = "triton_python_b"  # triton_python_backend_stub, as the kernel cuts it
PREFIX: Final = "shm-region-prefix-name="  # an option of the Python backend
SHARED_MEMORY: Final = Path("/dev/shm")
LOAD_TIMEOUT: Final = 300.0  # seconds
LEFT_TIME: Final = 120.0  # seconds that what an old instance computes may take: handler.time_limit and some
LOOK: Final = 0.25  # seconds between looks
PAUSES: Final = (0.5, 2.0, 8.0, 30.0)  # seconds before another start or load, by the number of those that failed
LASTS: Final = 60.0  # seconds after which a start counts as good
FAILURES: Final = (OSError, HTTPException, ValueError)  # of a load; ValueError where the model has no version


class Supervisor:
    """One Triton, which serves the model in the directory ``model``."""

    def __init__(self, port: int, model: Path, command: list[str]) -> None:
        self._url = f"http://127.0.0.1:{port}/v2"
        self._model = model
        self._command = command
        self._was_ready = False
        self._stopping = False
        self._server: subprocess.Popen[bytes] | None = None
        self._dead = set[int]()  # process ids whose death has been answered
        self._failed_loads = 0  # since the last good one
        self._next_load = 0.0  # not before this time
        self._leaving: dict[psutil.Process, float] = {}  # instances that were replaced, and when they must have ended

    def stop(self, *_: int | FrameType | None) -> None:
        """End Triton after what is in flight."""
        self._stopping = True
        if self._server is not None:
            self._server.terminate()

    def run(self) -> int:
        """Serve until told to stop; return Triton's exit status.

        A Triton that never was ready is not started again: it would fail in the same way.
        """
        failures = 0
        while True:
            began = time.monotonic()
            status = self._serve()
            if self._stopping or not self._was_ready:
                return status
            failures = failures + 1 if time.monotonic() - began < LASTS else 1
            pause = _pause_after(failures)
            logger.error("Triton ended with status %d. It starts again in %g s.", status, pause)
            ends = time.monotonic() + pause
            while time.monotonic() < ends and not self._stopping:
                time.sleep(LOOK)
            if self._stopping:
                return status

    def _serve(self) -> int:
        self._dead.clear()
        self._leaving.clear()
        self._failed_loads, self._next_load = 0, 0.0
        # A group of its own: its processes do not notice that Triton has gone, and are ended with the group.
        server = self._server = subprocess.Popen(self._command, start_new_session=True)
        if self._stopping:
            server.terminate()
        while server.poll() is None:
            if self._was_ready:
                self._look(_children(server.pid))
            else:
                self._was_ready = self._is_ready()
            time.sleep(LOOK)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        for left in _shared_memory(self._command):
            left.unlink(missing_ok=True)
        return server.returncode

    def _look(self, children: list[psutil.Process]) -> None:
        dead = {child.pid for child in children if _is_dead_stub(child)} - self._dead
        if dead and not self._stopping and time.monotonic() >= self._next_load:
            logger.error("A process of the model has died. The model is loaded again.")
            if self._load():
                self._dead |= dead
                until = time.monotonic() + LEFT_TIME
                self._leaving |= {child: until for child in children if not _is_dead_stub(child)}
        for child, until in list(self._leaving.items()):
            if time.monotonic() > until or not child.is_running():
                with suppress(psutil.Error):
                    child.kill()
                del self._leaving[child]

    def _load(self) -> bool:
        """Load the model again. Return whether Triton did; if not, note when to try again."""
        try:
            versions = [path for path in self._model.iterdir() if path.name.isdigit()]
            os.utime(max(versions, key=lambda path: int(path.name)) / "model.py")  # Triton skips what has not changed
            self._ask(f"repository/models/{self._model.name}/load", b"{}", LOAD_TIMEOUT)
        except FAILURES as error:
            self._failed_loads += 1
            pause = _pause_after(self._failed_loads)
            self._next_load = time.monotonic() + pause
            logger.error("The model could not be loaded (%s). It is tried again in %g s.", error, pause)
            return False
        self._failed_loads = 0
        return True

    def _is_ready(self) -> bool:
        try:
            self._ask(f"models/{self._model.name}/ready", None, LOOK)
        except FAILURES:
            return False
        return True

    def _ask(self, path: str, body: bytes | None, timeout: float) -> None:
        with urllib.request.urlopen(urllib.request.Request(f"{self._url}/{path}", body), timeout=timeout):
            pass


def _pause_after(failures: int) -> float:
    return PAUSES[min(failures, len(PAUSES)) - 1]


def _children(process_id: int) -> list[psutil.Process]:
    try:
        return psutil.Process(process_id).children(recursive=True)
    except psutil.Error:
        return []


def _shared_memory(command: list[str]) -> list[Path]:
    """Return what a Triton that was killed leaves in memory, if the command gives it a name of its own."""
    names = [word.partition(PREFIX)[2] for word in command if PREFIX in word]
    return [file for name in names for file in SHARED_MEMORY.glob(f"{name}*")]


def _is_dead_stub(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE and process.name().startswith(STUB)
    except psutil.Error:
        return False


def main(arguments: list[str]) -> int:
    port, model, _, *command = arguments
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    supervisor = Supervisor(int(port), Path(model), command)
    for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as SIGHUP is under nohup
            signal.signal(ending, supervisor.stop)
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
