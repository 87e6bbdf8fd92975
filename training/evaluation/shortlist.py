"""Answers from a part of a long text's windows: what is lost, what is won, and the weight of the windows' ranks."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from luke_qa.engine import Engine
from luke_qa.query import Answers
from luke_qa_client.metrics import exact_match, f1
from ops.reader import Reader
from training.evaluation.long_texts import LongCase
from training.evaluation.read_windows import ReadCase

_SPANS = 20  # whose probabilities are summed: the others have next to none
_LEAST = 1e-4  # probability, so that no single question decides

WEIGHTS = (0.0, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6)


def engine_with(reader: Reader, prior_weight: float) -> Engine:
    """Return an engine over the reader's model with this weight instead of the checkpoint's."""
    return replace(reader, fitted=replace(reader.fitted, prior_weight=prior_weight)).engine()


def score(answers: Answers, case: LongCase) -> tuple[float, float]:
    """Return exact match and F1, both in [0, 1]."""
    text = answers.spans[0].answer
    return exact_match(text, case.golds), f1(text, case.golds)


def place_probability(answers: Answers, case: LongCase) -> float:
    """Return the probability of the spans within the question's paragraph, of those that were asked for."""
    return sum(
        span.score
        for span in answers.spans
        if span.document == case.document and case.start <= (span.start or 0) and (span.end or 0) <= case.end
    )


def log_probabilities(
    reader: Reader, cases: Sequence[LongCase], max_windows: int, folder: Path | None = None
) -> dict[float, list[float]]:
    """Return by weight, for each of ``cases``, the logarithm of the probability that its paragraph has the answer.

    Every one of ``WEIGHTS`` is tried. ``folder`` keeps what was read.

    Raises:
        RequestError: the engine cannot answer.
    """
    engines = {weight: engine_with(reader, weight) for weight in WEIGHTS}
    found: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    for case in cases:
        read = ReadCase(case, folder)
        for weight, engine in engines.items():
            probability = place_probability(read.answer(engine, max_windows, top_k=_SPANS), case)
            found[weight].append(math.log(max(probability, _LEAST)))
    return found
