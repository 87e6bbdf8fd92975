"""Does a score of 0.8 mean four right answers of five?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_BINS: Final = 10
_SMALLEST: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose score is in [low, high): how many, their mean score, and the share that matches exactly."""

    low: float
    high: float
    count: int
    score: float
    exact_match: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far the scores can be believed.

    error: the expected calibration error, the mean over all answers of the distance between their bin's mean score
    and share of exact matches; log_loss: in nats, of the score as a forecast of an exact match.
    """

    error: float
    log_loss: float
    bins: tuple[Bin, ...]


def reliability(scores: Sequence[float], right: Sequence[float]) -> Reliability:
    """Reliability of `scores` [answers] in [0, 1] against `right` [answers], 1.0 where the answer matched exactly."""
    members: list[list[int]] = [[] for _ in range(_BINS)]
    for index, score in enumerate(scores):
        members[min(_BINS - 1, int(score * _BINS))].append(index)
    bins = tuple(
        Bin(
            number / _BINS,
            (number + 1) / _BINS,
            len(chosen),
            sum(scores[i] for i in chosen) / len(chosen),
            sum(right[i] for i in chosen) / len(chosen),
        )
        for number, chosen in enumerate(members)
        if chosen
    )
    error = sum(b.count * abs(b.score - b.exact_match) for b in bins) / max(1, len(scores))
    return Reliability(error, log_loss(scores, right), bins)


def log_loss(scores: Sequence[float], right: Sequence[float]) -> float:
    """Mean negative log-likelihood of `right` under `scores`."""
    clipped = (min(1 - _SMALLEST, max(_SMALLEST, score)) for score in scores)
    losses = [-math.log(p if hit else 1 - p) for p, hit in zip(clipped, right, strict=True)]
    return sum(losses) / max(1, len(losses))
