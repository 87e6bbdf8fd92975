"""A server in the background: what is noted of it, its start and its end."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from ops.errors import OpsError
from ops.layout import MODEL_NAME, ROOT
from ops.ports import is_taken


class StartError(OpsError):
    """The server did not get ready."""


@dataclass(frozen=True, slots=True)
class Note:
    """A file with the process and the ports of a server, while it runs; ``mark`` is a word of its command line."""

    file: Path
    mark: str

    def write(self, process_id: int, ports: Mapping[str, int]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({"pid": process_id, "ports": dict(ports)}), "utf-8")

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)

    def process(self) -> psutil.Process | None:
        """The process, if it runs. Its number may have been reused, so the command line decides."""
        try:
            process = psutil.Process(int(json.loads(self.file.read_text("utf-8"))["pid"]))
            ours = self.mark in process.cmdline()
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, LookupError, TypeError, psutil.Error):
            return None

    def ports(self) -> dict[str, int]:
        """The ports that it was started with; none if there is no such note."""
        try:
            return {str(name): int(port) for name, port in json.loads(self.file.read_text("utf-8"))["ports"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return {}


def taken(ports: Iterable[int]) -> str:
    """Return those of the ports where another program listens, as a list for people."""
    return ", ".join(str(port) for port in ports if is_taken("127.0.0.1", port))


def is_ready(url: str) -> bool:
    """Return whether the model of the server at ``url`` is loaded and answers."""
    try:
        return requests.get(f"{url}/v2/models/{MODEL_NAME}/ready", timeout=5).ok
    except requests.RequestException:
        return False


def launch(words: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command that outlives this process, with its output in ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            words,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_ready(
    name: str, process: subprocess.Popen[bytes], is_ready: Callable[[], bool], timeout: float, log: Path
) -> None:
    """Wait until the server is ready, and let go of its process.

    Raises:
        StartError: it ended, or was not ready after ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while not is_ready():
        if process.poll() is not None:
            raise StartError(f"{name} did not start: {why(log)}")
        if time.monotonic() > deadline:
            raise StartError(f"{name} was not ready after {timeout:g} seconds; see {log}.")
        time.sleep(0.1)
    process.returncode = 0  # it is on its own from here: keeps Python from warning that nobody waits for it


def end(process: psutil.Process, seconds: float) -> None:
    """End a process, after what is in flight, and in any case after so many seconds; its children with it."""
    family = [process, *process.children(recursive=True)]
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    _, alive = psutil.wait_procs(family, seconds)
    for orphan in alive:
        orphan.kill()


def why(log: Path) -> str:
    """Return the line of a server's log that says why it ended, else its last one."""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    reasons = [line for line in lines if "cannot start" in line or line.startswith("E")]
    return (reasons or lines[-1:] or [f"see {os.fspath(log)}"])[0]
