"""The engine without a server: what serving is held against."""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.texts import Pair
from luke_qa.engine import Engine
from luke_qa.query import Options, Query, Span
from luke_qa.settings import read_settings

_NO_LIMIT = 1e9  # seconds
_ALONE = 40


@dataclass(frozen=True, slots=True)
class Bare:
    """The engine without a server: requests a second in batches, seconds of one alone (median), and the answers."""

    per_second: float
    alone: float
    answers: dict[Pair, Span]


def answer_batch(engine: Engine, pairs: Sequence[Pair]) -> list[Span]:
    prepared = []
    for pair in pairs:
        options = Options(top_k=1, max_answer_len=30, max_seq_len=engine.max_tokens, doc_stride=128)
        prepared.append(engine.prepare(Query((pair.question,), (pair.context,), ("question",), ("context",), options)))
    spans = []
    for item, logits in zip(prepared, engine.compute(prepared, _NO_LIMIT), strict=True):
        assert isinstance(logits, list), logits
        spans += [answers.spans[0] for answers in engine.decode(item, logits)]
    return spans


def measure_bare(engine: Engine, pairs: Sequence[Pair], batch: int, seconds: float) -> Bare:
    engine.warm_up()
    answers, count, began = dict[Pair, Span](), 0, time.perf_counter()
    while time.perf_counter() - began < seconds or count < len(pairs):
        at = count % len(pairs)
        some = pairs[at : at + batch]
        answers |= zip(some, answer_batch(engine, some), strict=True)
        count += len(some)
    per_second = count / (time.perf_counter() - began)
    alone = []
    for pair in pairs[:_ALONE]:
        began = time.perf_counter()
        answer_batch(engine, [pair])
        alone.append(time.perf_counter() - began)
    return Bare(per_second, sorted(alone)[len(alone) // 2], answers)


def unpacked_engine(archive: Path, directory: Path, config: Mapping[str, Any]) -> Engine:
    """The engine that a worker would have, on all cores."""
    shutil.unpack_archive(archive, directory, "zip")
    settings = read_settings(config.get("handler"))
    return Engine.from_checkpoint(directory, settings.device, settings.dtype, engine=settings.engine)
