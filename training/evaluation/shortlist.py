"""Answers from a part of a long text's windows: what is lost, what is won, and the weight of the windows' ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from luke_qa.backends.base import Logits
from luke_qa.cost import Limits
from luke_qa.engine import Engine
from luke_qa.errors import RequestError
from luke_qa.query import Answers, Options, Query
from luke_qa.windows import Window
from luke_qa_client.metrics import exact_match, f1
from ops.reader import DOC_STRIDE, MAX_ANSWER_LEN, Reader
from training.evaluation.long_texts import LongCase

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0)


@dataclass(frozen=True, slots=True, eq=False)
class ReadCase:
    """A case, and the logits of its windows by document and first context token."""

    case: LongCase
    logits: dict[tuple[int, int], Logits]


def engine_with(reader: Reader, prior_weight: float) -> Engine:
    """Return an engine over the reader's model with this weight instead of the checkpoint's."""
    limits = Limits(max_window_tokens=2**62)
    return Engine(
        reader.tokenizer,
        reader.model,
        reader.end_label,
        reader.temperature,
        limits=limits,
        place_scaling=reader.place_scaling,
        thresholds=reader.thresholds,
        prior_weight=prior_weight,
    )


def read_case(engine: Engine, case: LongCase, max_windows: int | None, file: Path | None = None) -> ReadCase:
    """Compute the ``max_windows`` most promising windows of a case (None: all), or load them from ``file``.

    The file is written if it does not exist.

    Raises:
        RequestError: the engine cannot answer.
    """
    every = engine.prepare(case_query(engine, case, None)).windows
    if file is not None and file.exists():
        stored = np.load(file)
        ends = np.cumsum(stored["lengths"])[:-1]
        starts, stops = np.split(stored["start"], ends), np.split(stored["end"], ends)
        logits = [Logits(start, end) for start, end in zip(starts, stops, strict=True)]
        return ReadCase(case, _by_place([every[index] for index in stored["read"]], logits))
    prepared = engine.prepare(case_query(engine, case, max_windows))
    (found,) = engine.compute([prepared])
    if isinstance(found, RequestError):
        raise found
    if file is not None:
        index = {_place(window): number for number, window in enumerate(every)}
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            file,
            read=np.array([index[_place(window)] for window in prepared.windows]),
            lengths=np.array([len(each.start) for each in found]),
            start=np.concatenate([each.start for each in found]),
            end=np.concatenate([each.end for each in found]),
        )
    return ReadCase(case, _by_place(prepared.windows, found))


def answer(engine: Engine, read: ReadCase, max_windows: int | None) -> Answers:
    """Answer a case from its ``max_windows`` most promising windows (None: all), which must have been read."""
    prepared = engine.prepare(case_query(engine, read.case, max_windows))
    (answers,) = engine.decode(prepared, [read.logits[_place(window)] for window in prepared.windows])
    return answers


def score(answers: Answers, case: LongCase) -> tuple[float, float]:
    """Return exact match and F1, both in [0, 1]."""
    text = answers.spans[0].answer
    return exact_match(text, case.golds), f1(text, case.golds)


def f1_by_weight(
    reader: Reader, cases: Sequence[LongCase], max_windows: int, work: Path | None = None
) -> dict[float, list[float]]:
    """Return the F1 of each of ``cases`` in [0, 1] at each of ``WEIGHTS``. ``work`` keeps what was read.

    Raises:
        RequestError: the engine cannot answer.
    """
    engines = {weight: engine_with(reader, weight) for weight in WEIGHTS}
    found: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    for number, case in enumerate(cases):
        read = read_case(engines[0.0], case, max_windows, work and work / f"{number:04d}.npz")
        for weight, engine in engines.items():
            found[weight].append(score(answer(engine, read, max_windows), case)[1])
    return found


def smallest_good_weight(f1_at: Mapping[float, Sequence[float]]) -> float:
    """Return the smallest weight whose mean F1 is within one standard error of the best.

    The questions of these sets were written beside the text, so their words recur in it more than users' words do. A
    larger weight would trust that more than the data require.

    Raises:
        ValueError: there are no questions.
    """
    if not any(f1_at.values()):
        raise ValueError("There are no questions.")
    best = max(f1_at.values(), key=sum)
    behind = {weight: np.subtract(best, values) for weight, values in f1_at.items()}
    return min(weight for weight, each in behind.items() if each.mean() <= each.std() / np.sqrt(len(each)))


def case_query(engine: Engine, case: LongCase, max_windows: int | None) -> Query:
    """Return the query with the server's defaults."""
    stride = min(DOC_STRIDE, engine.max_tokens // 2)
    return Query(
        (case.question,), case.contexts, Options(1, MAX_ANSWER_LEN, engine.max_tokens, stride, max_windows=max_windows)
    )


def _place(window: Window) -> tuple[int, int]:
    return window.document, window.context_start


def _by_place(windows: Sequence[Window], logits: Sequence[Logits]) -> dict[tuple[int, int], Logits]:
    return {_place(window): each for window, each in zip(windows, logits, strict=True)}
