"""The bare engine: the reference for serving, from request body to response body without a server.

There are as many processes as the server has workers, each with a worker's threads and its own share of the requests.
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
from luke_qa.jobs import Computed, Result
from luke_qa.query import Span
from luke_qa.service import Received, Service, open_engine
from luke_qa.settings import read_settings

ALONE = 40  # requests


@dataclass(frozen=True, slots=True)
class Layout:
    """Processes, and the threads of each."""

    processes: int
    threads: int


@dataclass(frozen=True, slots=True)
class Bare:
    """What the bare engine does.

    Attributes:
        per_second: requests per second in batches, by all processes.
        alone: seconds for a single request, median of ``ALONE``.
        answers: the best answer to each request.
        described: the backend, device and dtype that computed.
    """

    per_second: float
    alone: float
    answers: dict[Pair, Span]
    described: dict[str, str]


def unpack(archive: Path, directory: Path) -> Path:
    """Unpack the archive as TorchServe does for a worker."""
    shutil.unpack_archive(archive, directory, "zip")
    return directory


def open_service(directory: Path, config: Mapping[str, Any], threads: int) -> Service:
    """The service of a worker with this many threads."""
    torch.set_num_threads(threads)
    settings = read_settings(config.get("handler"))
    engine = open_engine(directory, settings, settings.device)
    engine.warm_up()
    return Service(engine, settings)


def measure_bare(
    directory: Path, config: Mapping[str, Any], pairs: Sequence[Pair], seconds: float, layout: Layout
) -> Bare:
    """Measure the unpacked archive in ``directory`` for ``seconds``; every process computes at least one batch."""
    context = get_context("spawn")
    barrier, batch = context.Barrier(layout.processes), int(config["batchSize"])
    with ProcessPoolExecutor(
        layout.processes, context, _open, (barrier, directory, config, layout.threads)
    ) as processes:
        shares = [pairs[number :: layout.processes] for number in range(layout.processes)]
        runs = [processes.submit(_throughput, share, batch, seconds) for share in shares]
        rates, answers = zip(*(run.result() for run in runs), strict=True)
        alone, described = processes.submit(_alone, pairs[:ALONE]).result()
    return Bare(sum(rates), alone, {pair: span for each in answers for pair, span in each.items()}, described)


def respond(service: Service, pairs: Sequence[Pair]) -> list[Result]:
    """Do all that a worker does for a batch."""
    computed = service.compute(service.prepare([Received({"body": pair.body()}, "") for pair in pairs]))
    service.decode(computed)
    return computed


def best_spans(service: Service, pairs: Sequence[Pair]) -> list[Span]:
    """The best answer to every request of a batch."""
    return [_best(service.engine, result) for result in respond(service, pairs)]


def _best(engine: Engine, result: Result) -> Span:
    assert isinstance(result, Computed), result
    (answers,) = engine.decode(result.job.prepared, result.logits)
    return answers.spans[0]


# The rest runs in the processes. The barrier holds every task until all have started, so each process gets one.

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
    for pair in pairs:  # a process is faster at texts that it has seen; a server is asked twice as well
        respond(_service, [pair])
    for pair in pairs:
        began = time.perf_counter()
        respond(_service, [pair])
        taken.append(time.perf_counter() - began)
    return statistics.median(taken), _service.engine.model.describe()
