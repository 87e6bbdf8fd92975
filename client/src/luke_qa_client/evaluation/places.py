"""Whether an answer is at the right place, even if it begins or ends a little elsewhere than the gold answer."""

from collections.abc import Sequence

from ..metrics import exact_match
from .questions import Answer


def right_place(answer: str, start: int | None, end: int | None, golds: Sequence[Answer]) -> float:
    """Return 1.0 if the answer at [start, end) overlaps a gold answer, or equals one that recurs elsewhere; else 0.0.

    Without golds, only the empty answer is right.
    """
    if exact_match(answer, [gold.text for gold in golds]):
        return 1.0
    if start is None or end is None:
        return 0.0
    return float(any(gold.start < end and start < gold.start + len(gold.text) for gold in golds))
