"""How sure the server is of an answer: three states, so that every client says the same.

A checkpoint's thresholds decide: ``none`` from ``no_answer_score`` up, otherwise ``high`` from ``place_score`` up, else
``low``. "No answer" itself is always ``none``. Without thresholds nothing is known of any other answer.
"""

from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """``high``: an answer; ``low``: a guess; ``none``: probably not in the text."""

    HIGH = "high"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities, above 0 and at most 1.

    high: the lowest ``place_score`` of an answer that is ``high``. none: the lowest ``no_answer_score`` of one that is
    ``none``.
    """

    high: float
    none: float


def judge(
    place_score: float, no_answer_score: float, is_no_answer: bool, thresholds: Thresholds | None
) -> Confidence | None:
    """Return the state of an answer, or None if it is unknown for lack of ``thresholds``."""
    if is_no_answer:
        return Confidence.NONE
    if thresholds is None:
        return None
    if no_answer_score >= thresholds.none:
        return Confidence.NONE
    return Confidence.HIGH if place_score >= thresholds.high else Confidence.LOW
