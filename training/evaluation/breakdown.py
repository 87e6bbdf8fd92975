"""Measures by groups of questions: by what they ask for, by the length of answer and context."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.evaluation.outcomes import Outcome, overall
from training.evaluation.question_types import QuestionType, question_type

_ANSWER_LENGTHS = (3, 6, 11, 21)  # characters; each begins a group
_CONTEXT_LENGTHS = (100, 200, 400, 800)


@dataclass(frozen=True, slots=True)
class Row:
    """One group: percentages over `count` questions."""

    group: str
    label: str
    count: int
    exact_match: float
    f1: float


def rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """Rows of all groups that have questions; `outcomes` are those of answerable questions."""
    types = [kind.value for kind in QuestionType]
    return [
        *_rows("question", outcomes, types, lambda o: question_type(o.question.text).value),
        *_rows(
            "answer length",
            outcomes,
            length_labels(_ANSWER_LENGTHS),
            lambda o: length_label(len(o.golds[0]), _ANSWER_LENGTHS),
        ),
        *_rows(
            "context length",
            outcomes,
            length_labels(_CONTEXT_LENGTHS),
            lambda o: length_label(len(o.paragraph.context), _CONTEXT_LENGTHS),
        ),
        *_rows(
            "as labelled",
            outcomes,
            sorted({o.question.kind for o in outcomes} - {""}),
            lambda o: o.question.kind,
        ),
    ]


def length_labels(borders: Sequence[int]) -> list[str]:
    """`1-2`, `3-5`, … and an open last one, in characters."""
    lows = [1, *borders]
    closed = [f"{low}-{high - 1}" for low, high in zip(lows, borders, strict=False)]
    return [*closed, f"{borders[-1]}-"]


def length_label(length: int, borders: Sequence[int]) -> str:
    return length_labels(borders)[sum(length >= border for border in borders)]


def _rows(
    group: str, outcomes: Sequence[Outcome], labels: Sequence[str], label_of: Callable[[Outcome], str]
) -> list[Row]:
    members: dict[str, list[Outcome]] = {label: [] for label in labels}
    for outcome in outcomes:
        members.setdefault(label_of(outcome), []).append(outcome)
    return [make_row(group, label, members[label]) for label in labels if members[label]]


def make_row(group: str, label: str, outcomes: Sequence[Outcome]) -> Row:
    score = overall(outcomes)
    return Row(group, label, score.count, 100 * score.exact_match, 100 * score.f1)
