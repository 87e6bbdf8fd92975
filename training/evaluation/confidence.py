"""How sure the answers are: what scales a place's probability, the thresholds, and what they come to.

Right means at the right place: the answer overlaps a gold answer, or equals one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from luke_qa.confidence import Confidence, Thresholds, judge
from luke_qa.place import PlattScaling, place_score
from luke_qa_client.evaluation import risk_coverage
from training.evaluation.outcomes import Outcome, answerable

HIGH_ACCURACY = 0.9  # of the answers that are "high", at least this share is right
REFUSED = 0.8  # the share of unanswerable questions for which "none" is said …
MAX_FALSE_REFUSALS = 0.05  # … unless it would be said for more than this share of the answerable ones

# With fewer, the share that the fit is about is less than one question.
_LEAST_ANSWERABLE = round(1 / MAX_FALSE_REFUSALS)
_LEAST_UNANSWERABLE = round(1 / (1 - REFUSED))

_STEPS = 50  # of Newton's method; it needs about ten
_SMALLEST_STEP = 1e-9
_PRIOR = 1e-3  # keeps the slope finite if the scores separate right from wrong


@dataclass(frozen=True, slots=True)
class State:
    """The answers in one state: shares in [0, 1] of the answerable and of the unanswerable questions.

    right and exact are the shares of the answerable ones in this state whose answer is at the right place, and that
    match exactly.
    """

    confidence: Confidence
    answerable: float
    right: float
    exact: float
    unanswerable: float


def fit_scaling(probabilities: Sequence[float], right: Sequence[float]) -> PlattScaling:
    """Fit the scaling of ``probabilities`` [answers] to ``right`` [answers] by logistic regression."""
    raw = np.clip(probabilities, 1e-9, 1 - 1e-9)
    odds, target = np.log(raw / (1 - raw)), np.asarray(right, np.float64)
    inputs = np.stack((odds, np.ones_like(odds)), axis=1)  # [answers, 2]

    def loss(weights: NDArray[np.float64]) -> float:
        logits = inputs @ weights
        return float((np.logaddexp(0, logits) - target * logits).sum() + _PRIOR / 2 * weights @ weights)

    weights = np.zeros(2)
    for _ in range(_STEPS):
        predicted = np.exp(-np.logaddexp(0, -inputs @ weights))
        gradient = inputs.T @ (predicted - target) + _PRIOR * weights
        curvature = (inputs.T * (predicted * (1 - predicted))) @ inputs + _PRIOR * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while loss(weights - step) > loss(weights) and np.abs(step).max() > _SMALLEST_STEP:
            step = step / 2
        weights = weights - step
    slope, bias = weights.tolist()
    return PlattScaling(max(0.01, round(slope, 4)), round(bias, 4))


def check_enough(answerable: int, unanswerable: int) -> None:
    """Check that there are enough questions for thresholds that mean something.

    Raises:
        ValueError: there are too few.
    """
    if answerable < _LEAST_ANSWERABLE or unanswerable < _LEAST_UNANSWERABLE:
        raise ValueError(
            f"Calibration needs at least {_LEAST_ANSWERABLE} questions over texts that answer them "
            f"(here: {answerable}) and {_LEAST_UNANSWERABLE} over texts that do not (here: {unanswerable}; other "
            "paragraphs of the data serve as such): with fewer, single questions would decide the thresholds."
        )


def fit_thresholds(outcomes: Sequence[Outcome], unanswerable: Sequence[Outcome]) -> Thresholds:
    """Fit the thresholds to the questions of a data set, and to questions over texts that do not answer them.

    ``none`` is the highest threshold that refuses ``REFUSED`` of the unanswerable questions, or a higher one if that
    would refuse more than ``MAX_FALSE_REFUSALS`` of the answerable ones. ``high`` is the lowest threshold at which
    ``HIGH_ACCURACY`` of the answers that are not refused are right; 1 if there is none.

    Raises:
        ValueError: there are no answerable or no unanswerable questions.
    """
    answered = answerable(outcomes)
    if not answered or not unanswerable:
        raise ValueError("Thresholds need questions over a text that answers them, and over one that does not.")
    refused = _ranked(unanswerable)[math.ceil(REFUSED * len(unanswerable)) - 1]
    first_kept = _ranked(answered)[int(MAX_FALSE_REFUSALS * len(answered))]
    none = _rounded_up(max(refused, math.nextafter(first_kept, 2.0)))
    refusing = Thresholds(high=1.0, none=none)
    kept = [outcome for outcome in outcomes if not refusing.refuse(outcome.score, outcome.no_answer_score)]
    curve = risk_coverage([o.place_score for o in kept], [o.right_place for o in kept], len(outcomes))
    reached = curve.reaching(HIGH_ACCURACY)
    return refusing if reached is None else replace(refusing, high=_rounded_up(reached.score))


def scaled(outcomes: Sequence[Outcome], scaling: PlattScaling) -> list[Outcome]:
    """Apply the scaling to outcomes that have none yet."""
    return [replace(o, place_score=place_score(o.place_score, o.score, scaling)) for o in outcomes]


def measure_states(
    answered: Sequence[Outcome], unanswerable: Sequence[Outcome], thresholds: Thresholds
) -> tuple[State, ...]:
    """Measure what the thresholds come to on answerable and on unanswerable questions."""
    states = []
    for state in Confidence:
        chosen = _in_state(state, answered, thresholds)
        states.append(
            State(
                state,
                len(chosen) / max(1, len(answered)),
                _mean([outcome.right_place for outcome in chosen]),
                _mean([outcome.exact_match for outcome in chosen]),
                len(_in_state(state, unanswerable, thresholds)) / max(1, len(unanswerable)),
            )
        )
    return tuple(states)


def _in_state(state: Confidence, outcomes: Sequence[Outcome], thresholds: Thresholds) -> list[Outcome]:
    return [o for o in outcomes if judge(o.score, o.place_score, o.no_answer_score, thresholds) is state]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def _ranked(outcomes: Sequence[Outcome]) -> list[float]:
    return sorted((outcome.no_answer_score for outcome in outcomes), reverse=True)


def _rounded_up(threshold: float) -> float:
    """Return a threshold as it is stored: with six decimals, above 0 and at most 1."""
    return min(1.0, max(1, math.ceil(threshold * 1e6)) / 1e6)
