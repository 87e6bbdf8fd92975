"""The engine without a server: what serving is held against.

As many processes as the server has workers, each with as many threads as one of them, each on its own share of the
requests: from body to body, without a wire.
"""

import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from bench.texts import Pair
from luke_qa.engine import Engine
from luke_qa.query import Span
from luke_qa.service import Computed, Failed, Received, Service, open_engine
from luke_qa.settings import read_settings

ALONE = 40


@dataclass(frozen=True, slots=True)
class Layout:
    """Processes, and the threads of each."""

    processes: int
    threads: int


@dataclass(frozen=True, slots=True)
class Bare:
    """Requests a second in batches, by all processes; seconds of one alone, median of ``ALONE``; the best answers."""

    per_second: float
    alone: float
    answers: dict[Pair, Span]
    engine: dict[str, str]


def unpack(archive: Path, directory: Path) -> Path:
    """What a worker finds in its model directory."""
    shutil.unpack_archive(archive, directory, "zip")
    return directory


def open_service(directory: Path, config: Mapping[str, Any], threads: int) -> Service:
    """What a worker of so many threads would have."""
    torch.set_num_threads(threads)
    settings = read_settings(config.get("handler"))
    engine = open_engine(directory, settings, settings.device)
    engine.warm_up()
    return Service(engine, settings)


def measure_bare(
    directory: Path, config: Mapping[str, Any], pairs: Sequence[Pair], seconds: float, layout: Layout
) -> Bare:
    """Of the unpacked archive in `directory` and for `seconds`, at least one batch each."""
    context = get_context("spawn")
    barrier, batch = context.Barrier(layout.processes), int(config["batchSize"])
    with ProcessPoolExecutor(
        layout.processes, context, _open, (barrier, directory, config, layout.threads)
    ) as processes:
        shares = [pairs[number :: layout.processes] for number in range(layout.processes)]
        runs = [processes.submit(_throughput, share, batch, seconds) for share in shares]
        rates, answers = zip(*(run.result() for run in runs), strict=True)
        alone, engine = processes.submit(_alone, pairs[:ALONE]).result()
    return Bare(sum(rates), alone, {pair: span for each in answers for pair, span in each.items()}, engine)


def respond(service: Service, pairs: Sequence[Pair]) -> list[Computed | Failed]:
    """Everything that a worker does for a batch."""
    computed = service.compute(service.prepare([Received({"body": pair.body()}, "") for pair in pairs]))
    service.decode(computed)
    return computed


def best_spans(service: Service, pairs: Sequence[Pair]) -> list[Span]:
    """The best answer to each of a batch."""
    return [_best(service.engine, result) for result in respond(service, pairs)]


def _best(engine: Engine, result: Computed | Failed) -> Span:
    assert isinstance(result, Computed), result
    (answers,) = engine.decode(result.job.prepared, result.logits)
    return answers.spans[0]


# In a process of its own. No task ends before all have begun, so each process gets one.

_barrier: Any
_service: Service


def _open(barrier: Any, directory: Path, config: Mapping[str, Any], threads: int) -> None:
    global _barrier, _service
    _barrier, _service = barrier, open_service(directory, config, threads)


def _throughput(pairs: Sequence[Pair], batch: int, seconds: float) -> tuple[float, dict[Pair, Span]]:
    batches = [pairs[at : at + batch] for at in range(0, len(pairs), batch)]
    answers = {pair: span for some in batches for pair, span in zip(some, best_spans(_service, some), strict=True)}
    _barrier.wait()
    count, began = 0, time.perf_counter()
    for some in cycle(batches):
        if count and time.perf_counter() - began >= seconds:
            break
        respond(_service, some)
        count += len(some)
    return count / (time.perf_counter() - began), answers


def _alone(pairs: Sequence[Pair]) -> tuple[float, dict[str, str]]:
    taken = []
    for pair in pairs:
        began = time.perf_counter()
        respond(_service, [pair])
        taken.append(time.perf_counter() - began)
    return statistics.median(taken), _service.engine.model.describe()
