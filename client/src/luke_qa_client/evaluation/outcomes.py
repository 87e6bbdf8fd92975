"""Questions of a data set with what a server answered, each scored by the field's measure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .._answers import Answer as Found
from .._errors import LukeQAError
from .._request import Pair
from ..metrics import exact_match, f1
from .questions import Paragraph, Question


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question and what came back, with its measures in [0, 1]; an error matches nothing."""

    question: Question
    answer: Found | LukeQAError
    exact_match: float
    f1: float

    @property
    def golds(self) -> tuple[str, ...]:
        return tuple(answer.text for answer in self.question.answers)


def pairs(paragraphs: Iterable[Paragraph]) -> Iterator[Pair]:
    """Every question with its context, exactly as they are given."""
    return ((question.text, paragraph.context) for paragraph in paragraphs for question in paragraph.questions)


def questions(paragraphs: Iterable[Paragraph]) -> Iterator[Question]:
    """Every question, in the order of `pairs`."""
    return (question for paragraph in paragraphs for question in paragraph.questions)


def score(question: Question, answer: Found | LukeQAError) -> Outcome:
    """The outcome of a question; where it has no answer, the empty one is right."""
    if isinstance(answer, LukeQAError):
        return Outcome(question, answer, 0.0, 0.0)
    golds: Sequence[str] = [gold.text for gold in question.answers]
    return Outcome(question, answer, exact_match(answer.answer, golds), f1(answer.answer, golds))
