"""An instance that can be harmed: where it runs, what it serves, and what it shows."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from ops.instance import Instance
from ops.layout import MODEL_NAME
from ops.observation import observe
from ops.server import is_ready, start, stop

PATIENCE = 90.0  # seconds within which whatever was harmed must serve again
WORKERS = 2
BATCH, COLLECTING = 8, 1000  # requests of a batch, where there are batches, and milliseconds that it waits for them


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Wait until the condition holds; return whether it did within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Setting(StrEnum):
    """How the instances are set up."""

    SHIPPED = "as shipped"
    BATCHES = "with batches"
    CLOCK = "with a clock that can be set"


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Programs that are started meanwhile have these variables."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
        os.environ.update(before)


@dataclass(frozen=True, slots=True)
class Archives:
    """What the instances serve, another version of it, and one that does not start."""

    first: Path
    second: Path
    broken: Path


@dataclass(frozen=True, slots=True)
class Place:
    """An instance with archives that it alone serves; ``variables`` are added to its environment."""

    name: str
    instance: Instance
    archives: Archives
    variables: Mapping[str, str]

    @property
    def archive(self) -> Path:
        return self.archives.first

    @property
    def logs(self) -> Path:
        return self.instance.home / "logs"

    @property
    def url(self) -> str:
        return f"{self.instance.inference_url}/predictions/{MODEL_NAME}"

    @property
    def address(self) -> tuple[str, int]:
        url = urlsplit(self.instance.inference_url)
        return url.hostname or "", url.port or 80

    def start(self) -> None:
        with environment(self.variables):
            start(self.instance, self.archive, self.logs)

    def stop(self) -> None:
        stop(self.instance)

    def java(self) -> int:
        process = self.instance.process()
        assert process is not None, f"{self.name} does not run"
        return process.pid

    def workers(self) -> list[int]:
        """The process ids of the workers that take requests, of the version in service."""
        seen = observe(self.instance, timeout=10)
        return [worker.process_id for worker in seen.workers if worker.status == "READY"] if seen else []

    def is_ready(self) -> bool:
        return is_ready(self.instance)

    def is_idle(self) -> bool:
        """Whether no request waits in its queue."""
        seen = observe(self.instance, timeout=10)
        return seen is not None and not seen.waiting
