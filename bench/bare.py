"""The engine without a server: what serving is held against."""

import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.texts import Pair
from luke_qa.engine import Engine
from luke_qa.query import Span
from luke_qa.service import Computed, Job, Service, open_engine
from luke_qa.settings import read_settings

_ALONE = 40


@dataclass(frozen=True, slots=True)
class Bare:
    """Requests a second in batches, seconds of one alone (median), and the answers."""

    per_second: float
    alone: float
    answers: dict[Pair, Span]


def open_service(archive: Path, directory: Path, config: Mapping[str, Any]) -> Service:
    """What a worker would have, on all cores."""
    shutil.unpack_archive(archive, directory, "zip")
    settings = read_settings(config.get("handler"))
    engine = open_engine(directory, settings, settings.device)
    engine.warm_up()
    return Service(engine, settings)


def measure_bare(service: Service, pairs: Sequence[Pair], batch: int, seconds: float) -> Bare:
    """From body to body, without a wire."""
    answers, count, began = dict[Pair, Span](), 0, time.perf_counter()
    while time.perf_counter() - began < seconds or count < len(pairs):
        at = count % len(pairs)
        some = pairs[at : at + batch]
        answers |= zip(some, _answer(service, some), strict=True)
        count += len(some)
    per_second = count / (time.perf_counter() - began)
    alone = []
    for pair in pairs[:_ALONE]:
        began = time.perf_counter()
        _answer(service, [pair])
        alone.append(time.perf_counter() - began)
    return Bare(per_second, statistics.median(alone), answers)


def _answer(service: Service, pairs: Sequence[Pair]) -> list[Span]:
    computed = service.compute(service.read([{"body": pair.body()} for pair in pairs], [""] * len(pairs)))
    service.respond(computed)
    return [_best(service.engine, result) for result in computed]


def _best(engine: Engine, result: object) -> Span:
    assert isinstance(result, Computed), result
    job: Job = result.job
    (answers,) = engine.decode(job.prepared, result.logits)
    return answers.spans[0]
