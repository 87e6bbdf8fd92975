"""The places of an answer: answers that overlap are one place, with one certainty."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .._answers import Answer, Confidence, Span

_HIGH: Final = 0.7  # the least probability of each level, where the server does not say how sure it is
_MEDIUM: Final = 0.3


class Level(StrEnum):
    """How sure an answer is, in words that need no statistics."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


_LEVELS: Final[dict[Confidence, Level]] = {"high": Level.HIGH, "low": Level.MEDIUM, "none": Level.LOW}
_ORDER: Final = tuple(Level)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document, or "no answer".

    Attributes:
        best: its best answer.
        variants: the other answers that overlap the best one, best first.
        score: the probability that the answer is here.
        level: the same in words.
    """

    best: Span
    variants: tuple[Span, ...]
    score: float
    level: Level


def find_places(answer: Answer) -> tuple[Place, ...]:
    """Return the places of an answer: the best answer's first, then by probability.

    The best answer's probability and level are those of the server, if it says them. Another place's probability is the
    sum of its answers'. No place has a higher level than the best answer's.
    """
    groups: list[list[Span]] = []
    for span in (answer.best, *answer.alternatives):
        group = next((group for group in groups if _overlap(group[0], span)), None)
        if group is None:
            groups.append([span])
        else:
            group.append(span)
    first, *others = (Place(best, tuple(variants), *_certainty(best, variants)) for best, *variants in groups)
    if answer.place_score is not None and answer.start is not None:
        first = replace(first, score=answer.place_score, level=_level(answer.place_score))
    if answer.confidence is not None and answer.start is not None:
        first = replace(first, level=_LEVELS[answer.confidence])
    below = [replace(place, level=min(place.level, first.level, key=_ORDER.index)) for place in others]
    return (first, *sorted(below, key=lambda place: -place.score))


def keep_places(answer: Answer, most: int) -> Answer:
    """Return the answer with the alternatives of its first ``most`` places alone."""
    kept = [span for place in find_places(answer)[:most] for span in (place.best, *place.variants)]
    return replace(answer, alternatives=tuple(span for span in answer.alternatives if span in kept))


def _certainty(best: Span, variants: list[Span]) -> tuple[float, Level]:
    score = min(1.0, best.score + sum(span.score for span in variants))
    return score, _level(score)


def _level(score: float) -> Level:
    return Level.HIGH if score >= _HIGH else Level.MEDIUM if score >= _MEDIUM else Level.LOW


def _overlap(one: Span, other: Span) -> bool:
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return False
    return one.document == other.document and one.start < other.end and other.start < one.end
