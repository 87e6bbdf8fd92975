"""Where a Triton of this repository runs: its directories, its addresses and what is known of it while it runs."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import psutil

from deploy.background import Note
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

    def write(self, process_id: int) -> None:
        """Note that this process supervises the server."""
        self._note.write(process_id, asdict(self.ports))

    def forget(self) -> None:
        self._note.forget()

    def process(self) -> psutil.Process | None:
        """The supervisor, if it runs."""
        return self._note.process()

    @property
    def _note(self) -> Note:
        return _note(self.home)


def find_place(home: Path = HOME) -> Place:
    """Return the place of the server under ``home``, with the ports that it was started with."""
    try:
        ports = Ports(**_note(home).ports())
    except TypeError:
        ports = Ports()
    return Place(home, ports=ports)


def _note(home: Path) -> Note:
    return Note(home / "server.json", SUPERVISOR)
