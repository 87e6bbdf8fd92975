"""Risk and coverage of the scores: how many questions are answered if 80 % or 90 % of the answers must be right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from luke_qa_client.evaluation import Point, risk_coverage
from training.evaluation.outcomes import Outcome

ACCURACIES = (0.8, 0.9)

_ROWS: tuple[tuple[str, str, Callable[[Outcome], float], Callable[[Outcome], float]], ...] = (
    ("score", "exact match", lambda o: o.score, lambda o: o.exact_match if o.golds else 0.0),
    ("score", "right place", lambda o: o.score, lambda o: o.right_place),
    ("place_score", "right place", lambda o: o.place_score, lambda o: o.right_place),
)


@dataclass(frozen=True, slots=True)
class Risk:
    """One score against one meaning of right: the area under the curve, and its point for each of ``ACCURACIES``."""

    score: str
    right: str
    area: float
    points: tuple[Point | None, ...]


def measure_risk(outcomes: Sequence[Outcome]) -> tuple[Risk, ...]:
    """Measure each score against each meaning of right."""
    found = []
    for score, name, score_of, right_of in _ROWS:
        curve = risk_coverage([score_of(o) for o in outcomes], [right_of(o) for o in outcomes], len(outcomes))
        found.append(Risk(score, name, curve.area, tuple(curve.reaching(accuracy) for accuracy in ACCURACIES)))
    return tuple(found)
