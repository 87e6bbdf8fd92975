"""Risk and coverage: if only answers above a score are returned, how many are there, and how many are wrong?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Point:
    """The result of returning only answers with at least this score.

    Attributes:
        score: the threshold.
        coverage: the share of all questions that get an answer.
        risk: the share of these answers that are wrong.
    """

    score: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The curve, from the highest score to the lowest; ``area`` is the mean risk along it, lower is better."""

    points: tuple[Point, ...]
    area: float

    def reaching(self, accuracy: float) -> Point | None:
        """Return the point of highest coverage at which this share of the answers is correct, or None."""
        reached = [point for point in self.points if 1 - point.risk >= accuracy]
        return reached[-1] if reached else None


def risk_coverage(scores: Sequence[float], right: Sequence[float], questions: int) -> RiskCoverage:
    """Return the curve of ``scores`` [answers] against ``right`` [answers], 1.0 for an exact match, else 0.0.

    Coverage is relative to ``questions``, which may exceed the number of answers. Answers with the same score share a
    point.
    """
    points = []
    given = wrong = area = 0.0
    ranked = sorted(zip(scores, right, strict=True), reverse=True)
    for score, together in groupby(ranked, key=lambda pair: pair[0]):
        hits = [hit for _, hit in together]
        given += len(hits)
        wrong += len(hits) - sum(hits)
        points.append(Point(score, given / questions, wrong / given))
        area += len(hits) * wrong / given
    return RiskCoverage(tuple(points), area / max(1, len(scores)))
