"""Start and stop KServe's server on this machine, where it listens on loopback."""

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import psutil

from deploy.background import Note, end, is_ready, launch, taken, wait_until_ready
from deploy.kserve.directory import DIRECTORY
from ops.errors import OpsError
from ops.layout import HANDLER, MODEL_NAME, ROOT, RUN

HOME: Final = RUN / "kserve"
SERVE: Final = "deploy.kserve.serve"  # in its command line
PYTHON: Final = Path(sys.prefix) / "kserve" / "bin" / "python"  # `make setup-kserve` installs it
START_TIMEOUT = 300.0  # seconds until the model must be ready
STOP_TIMEOUT = 60.0


class KServeError(OpsError):
    """KServe is not installed, or not in the state that was asked for."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Those of KServe are 8080 and 8081, which the TorchServe of this machine has."""

    http: int = 8090
    grpc: int = 8091


@dataclass(frozen=True, slots=True)
class Place:
    """A server, up or not."""

    home: Path = HOME
    directory: Path = DIRECTORY
    ports: Ports = field(default_factory=Ports)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.http}"

    @property
    def log(self) -> Path:
        return self.home / "kserve.log"

    @property
    def note(self) -> Note:
        return _note(self.home)

    def process(self) -> psutil.Process | None:
        return self.note.process()

    def is_ready(self) -> bool:
        """Return whether the model answers."""
        return is_ready(self.url)


def find_place(home: Path = HOME) -> Place:
    """Return the place of the server under ``home``, with the ports that it was started with."""
    try:
        return Place(home, ports=Ports(**_note(home).ports()))
    except TypeError:
        return Place(home)


def command(place: Place) -> tuple[list[str], Mapping[str, str]]:
    """Return the command that serves ``place`` in the foreground, and its environment.

    Raises:
        KServeError: the SDK is not installed, or a port is taken.
    """
    if not PYTHON.exists():
        raise KServeError("KServe's SDK is not installed: run `make setup-kserve`.")
    if ports := taken(asdict(place.ports).values()):
        raise KServeError(f"port {ports}: another program is listening there.")
    words = [
        *(str(PYTHON), "-m", SERVE),
        f"--model_dir={place.directory}",
        f"--model_name={MODEL_NAME}",
        "--host=127.0.0.1",
        f"--http_port={place.ports.http}",
        f"--grpc_port={place.ports.grpc}",
    ]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return words, inherited | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(HANDLER)]),
        "PYTHONUNBUFFERED": "1",
        "OMP_WAIT_POLICY": "PASSIVE",  # see ops.layout.environment
    }


def start(place: Place, timeout: float = START_TIMEOUT) -> None:
    """Start the server, detached, and wait until the model is ready.

    Raises:
        KServeError, StartError: it does not get ready. Nothing is left running.
    """
    if place.process() is not None:
        raise KServeError(f"KServe's server already runs, at {place.url}.")
    words, environment = command(place)
    process = launch(words, environment, place.log)
    place.note.write(process.pid, asdict(place.ports))
    try:
        wait_until_ready("KServe's server", process, place.is_ready, timeout, place.log)
    except BaseException:
        stop(place)
        raise


def stop(place: Place) -> bool:
    """Stop the server, after what is in flight; return whether it was running."""
    process = place.process()
    if process is not None:
        end(process, STOP_TIMEOUT)
    place.note.forget()
    return process is not None


def _note(home: Path) -> Note:
    return Note(home / "server.json", SERVE)
