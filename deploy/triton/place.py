"""Where a Triton of this repository runs: its directories, its addresses and what is known of it while it runs."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import psutil

from deploy.triton.repository import REPOSITORY
from ops.layout import RUN

HOME: Final = RUN / "triton"
SUPERVISOR: Final = "deploy.triton.supervisor"  # in its command line


@dataclass(frozen=True, slots=True)
class Ports:
    """Triton's own defaults."""

    http: int = 8000
    grpc: int = 8001
    metrics: int = 8002


@dataclass(frozen=True, slots=True)
class Place:
    """A server, up or not. It listens on loopback."""

    home: Path = HOME
    repository: Path = REPOSITORY
    ports: Ports = field(default_factory=Ports)

    @property
    def url(self) -> str:
        """The address of the v2 protocol over HTTP."""
        return f"http://127.0.0.1:{self.ports.http}"

    @property
    def log(self) -> Path:
        return self.home / "triton.log"

    @property
    def temporary(self) -> Path:
        return self.home / "tmp"

    @property
    def _note(self) -> Path:
        return self.home / "server.json"

    def write(self, process_id: int) -> None:
        """Note that this process supervises the server."""
        self._note.write_text(json.dumps({"pid": process_id, "ports": asdict(self.ports)}), "utf-8")

    def forget(self) -> None:
        self._note.unlink(missing_ok=True)

    def process(self) -> psutil.Process | None:
        """The supervisor, if it runs. The number may have been reused, so the command line decides."""
        try:
            process = psutil.Process(int(json.loads(self._note.read_text("utf-8"))["pid"]))
            ours = SUPERVISOR in process.cmdline()
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, LookupError, TypeError, psutil.Error):
            return None


def find_place(home: Path = HOME) -> Place:
    """Return the place of the server under ``home``, with the ports that it was started with."""
    try:
        ports = Ports(**json.loads((home / "server.json").read_text("utf-8"))["ports"])
    except (OSError, ValueError, LookupError, TypeError):
        ports = Ports()
    return Place(home, ports=ports)
