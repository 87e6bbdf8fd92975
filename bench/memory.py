"""The memory of this process and all that it started, over time."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from threading import Event, Thread
from typing import Any

import psutil

from bench.soak.slopes import fit


def describe(samples: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """What the samples (seconds, megabytes) say: the median of each quarter, and the slope after the first one.

    A job is flat if the last quarter is not above the second: in the first, workers start.
    """
    quarters = [samples[len(samples) * part // 4 : len(samples) * (part + 1) // 4] for part in range(4)]
    later = [sample for quarter in quarters[1:] for sample in quarter]
    slope = asdict(fit(*zip(*later, strict=True))) if len(later) >= 3 else None
    return {
        "quarter_megabytes": [statistics.median(mb for _, mb in quarter) if quarter else None for quarter in quarters],
        "peak_megabytes": max(mb for _, mb in samples),
        "slope_megabytes": slope,
    }


@contextmanager
def sampled(interval: float) -> Iterator[list[tuple[float, float]]]:
    """Sample the memory of this process and its descendants, in seconds and megabytes, while the block runs."""
    samples, ended, began = list[tuple[float, float]](), Event(), time.monotonic()

    def sample() -> None:
        while True:
            samples.append((time.monotonic() - began, _megabytes()))
            if ended.wait(interval):
                return

    sampler = Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield samples
    finally:
        ended.set()
        sampler.join()


def _megabytes() -> float:
    """The PSS of this process and its descendants: a page shared by n processes counts 1/n."""
    total = 0.0
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        try:
            total += process.memory_full_info().pss / 1e6
        except psutil.NoSuchProcess:
            continue
    return total
