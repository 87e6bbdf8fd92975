"""Calibration: does a score of 0.8 mean that four of five answers are correct?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_BINS: Final = 10
_EPSILON: Final = 1e-7  # keeps the log loss finite


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers with a score in [low, high): their number, mean score and share of exact matches."""

    low: float
    high: float
    count: int
    score: float
    exact_match: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well scores predict exact matches.

    Attributes:
        error: the expected calibration error: the distance between a bin's mean score and its share of exact matches,
            averaged over all answers.
        log_loss: the log loss of the score as a forecast of an exact match, in nats.
        bins: the bins that are not empty, by score.
    """

    error: float
    log_loss: float
    bins: tuple[Bin, ...]


def reliability(scores: Sequence[float], right: Sequence[float]) -> Reliability:
    """Return the reliability of ``scores`` [answers] in [0, 1] against ``right`` [answers], 1.0 for an exact match."""
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
    """Return the mean negative log-likelihood of ``right`` under ``scores``."""
    clipped = (min(1 - _EPSILON, max(_EPSILON, score)) for score in scores)
    losses = [-math.log(p if hit else 1 - p) for p, hit in zip(clipped, right, strict=True)]
    return sum(losses) / max(1, len(losses))
