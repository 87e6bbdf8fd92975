"""What the benchmark tells a server."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """workers x threads are the cores. A batching server takes up to `batch` requests, waiting `delay` seconds."""

    checkpoint: str
    ports: tuple[int, ...]  # free ones; the first is for requests
    workers: int
    threads: int
    batch: int = 16
    delay: float = 0.01

    @property
    def port(self) -> int:
        return self.ports[0]


SETTING = Setting(
    os.environ["QA_CHECKPOINT"],
    tuple(map(int, os.environ["QA_PORTS"].split())),
    int(os.environ["QA_WORKERS"]),
    int(os.environ["QA_THREADS"]),
)
