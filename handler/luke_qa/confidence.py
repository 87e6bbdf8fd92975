"""How sure the server is of an answer: three states, so that every client says the same.

A checkpoint's thresholds decide. An answer is ``none`` if ``no_answer_score`` reaches its threshold and is above the
answer's own score; otherwise it is ``high`` if ``place_score`` reaches its threshold, else ``low``. "No answer" itself
is always ``none``. Without thresholds nothing is known of any other answer.
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

    def refuse(self, score: float, no_answer_score: float) -> bool:
        """Return whether an answer with this score is ``none``."""
        return no_answer_score >= self.none and no_answer_score > score


def judge(score: float, place_score: float, no_answer_score: float, thresholds: Thresholds | None) -> Confidence | None:
    """Return the state of a span with this score, or None if it is unknown for lack of ``thresholds``."""
    if thresholds is None:
        return None
    if thresholds.refuse(score, no_answer_score):
        return Confidence.NONE
    return Confidence.HIGH if place_score >= thresholds.high else Confidence.LOW
