"""How sure the answers were, and whether they were right: the place's probability and the three states."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from .._answers import Answer, Confidence
from .calibration import Reliability, reliability
from .outcomes import Outcome
from .risk import Point, RiskCoverage, risk_coverage

ACCURACIES = (0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Place:
    """How well ``place_score`` predicts that an answer is at the right place.

    Attributes:
        reliability, risk_coverage: as for the score, against the right place instead of an exact match.
        reaching: for each of ``ACCURACIES``, the point of highest coverage at which this share is right, or None.
    """

    reliability: Reliability
    risk_coverage: RiskCoverage
    reaching: tuple[Point | None, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The answers of one confidence: their number, and percentages of exact matches and of right places."""

    confidence: Confidence
    count: int
    exact_match: float
    right_place: float


def measure_place(outcomes: Sequence[Outcome]) -> Place | None:
    """Measure the place's probability; None if the server does not return it."""
    pairs = [
        (outcome.answer.place_score, outcome.right_place)
        for outcome in outcomes
        if isinstance(outcome.answer, Answer) and outcome.answer.place_score is not None and outcome.answer.answer
    ]
    if not pairs:
        return None
    scores, right = [score for score, _ in pairs], [hit for _, hit in pairs]
    curve = risk_coverage(scores, right, len(outcomes))
    return Place(reliability(scores, right), curve, tuple(curve.reaching(accuracy) for accuracy in ACCURACIES))


def measure_states(outcomes: Sequence[Outcome]) -> tuple[State, ...]:
    """Measure the answers of each confidence; none if the server's checkpoint has no thresholds."""
    states = []
    for confidence in get_args(Confidence):
        chosen = [o for o in outcomes if isinstance(o.answer, Answer) and o.answer.confidence == confidence]
        count = max(1, len(chosen))
        states.append(
            State(
                confidence,
                len(chosen),
                100 * sum(o.exact_match for o in chosen) / count,
                100 * sum(o.right_place for o in chosen) / count,
            )
        )
    return tuple(states) if any(state.count for state in states) else ()
