"""If only the answers of a high score are given: how many are those, and how many of them are wrong?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Point:
    """Giving the answers whose score is at least `score`: the share of all questions that get one, and the share of
    those answers that are wrong.
    """

    score: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The curve, from the highest score down to the lowest; area: the mean risk along it, lower is better."""

    points: tuple[Point, ...]
    area: float

    def reaching(self, accuracy: float) -> Point | None:
        """The point of most coverage at which this share of the answers is right; None where there is none."""
        reached = [point for point in self.points if 1 - point.risk >= accuracy]
        return reached[-1] if reached else None


def risk_coverage(scores: Sequence[float], right: Sequence[float], questions: int) -> RiskCoverage:
    """The curve of `scores` [answers] against `right` [answers], 1.0 where the answer matched exactly, else 0.0.

    Coverage is of `questions`, which may be more than were answered. Answers of one score are given together.
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
