"""The settings that the benchmark gives a peer."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """The settings of a peer.

    Attributes:
        ports: free ports; the first is for requests.
        workers: workers x threads is the number of cores.
        batch: requests per batch, if the peer batches.
        delay: seconds to wait for a batch to fill.
    """

    checkpoint: str
    ports: tuple[int, ...]
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
