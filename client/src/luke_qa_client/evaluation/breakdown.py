"""Measures by group of questions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from ..metrics import mean_score

ANSWER_LENGTHS: Final = (3, 6, 11, 21)  # characters; each starts a group


class Scored(Protocol):
    """A scored answer; both measures are in [0, 1]."""

    @property
    def exact_match(self) -> float: ...

    @property
    def f1(self) -> float: ...


_T = TypeVar("_T", bound=Scored)


@dataclass(frozen=True, slots=True)
class Row:
    """One group: percentages over ``count`` questions."""

    group: str
    label: str
    count: int
    exact_match: float
    f1: float


def make_row(group: str, label: str, outcomes: Sequence[Scored]) -> Row:
    """Return the row of all these outcomes."""
    score = mean_score((outcome.exact_match, outcome.f1) for outcome in outcomes)
    return Row(group, label, score.count, 100 * score.exact_match, 100 * score.f1)


def group_rows(group: str, outcomes: Sequence[_T], labels: Sequence[str], label_of: Callable[[_T], str]) -> list[Row]:
    """Return a row for each label that has outcomes, in the order of ``labels``."""
    members: dict[str, list[_T]] = {label: [] for label in labels}
    for outcome in outcomes:
        members.setdefault(label_of(outcome), []).append(outcome)
    return [make_row(group, label, members[label]) for label in labels if members[label]]


def length_labels(borders: Sequence[int]) -> list[str]:
    """Return labels such as ``1-2``, ``3-5`` and the open-ended ``21-``, in characters."""
    lows = [1, *borders]
    closed = [f"{low}-{high - 1}" for low, high in zip(lows, borders, strict=False)]
    return [*closed, f"{borders[-1]}-"]


def length_label(length: int, borders: Sequence[int]) -> str:
    """Return the label for a length, one of ``length_labels``."""
    return length_labels(borders)[sum(length >= border for border in borders)]
