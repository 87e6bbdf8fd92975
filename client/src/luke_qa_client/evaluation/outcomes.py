"""The questions of a data set with a server's answers, scored by ``luke_qa_client.metrics``."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .._answers import Answer as Found
from .._errors import LukeQAError
from .._request import Pair
from ..metrics import exact_match, f1
from .places import right_place
from .questions import Paragraph, Question


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question and its answer or error, with measures in [0, 1]; an error scores 0.

    ``right_place`` is 1.0 if the answer overlaps a gold answer or equals one.
    """

    question: Question
    answer: Found | LukeQAError
    exact_match: float
    f1: float
    right_place: float = 0.0

    @property
    def golds(self) -> tuple[str, ...]:
        return tuple(answer.text for answer in self.question.answers)


def question_pairs(paragraphs: Iterable[Paragraph]) -> Iterator[Pair]:
    """Yield every question with its context, unchanged."""
    return ((question.text, paragraph.context) for paragraph in paragraphs for question in paragraph.questions)


def all_questions(paragraphs: Iterable[Paragraph]) -> Iterator[Question]:
    """Yield every question, in the order of ``question_pairs``."""
    return (question for paragraph in paragraphs for question in paragraph.questions)


def score_answer(question: Question, answer: Found | LukeQAError) -> Outcome:
    """Return the outcome of a question; if it has no answer, the empty answer is correct."""
    if isinstance(answer, LukeQAError):
        return Outcome(question, answer, 0.0, 0.0)
    golds: Sequence[str] = [gold.text for gold in question.answers]
    place = right_place(answer.answer, answer.start, answer.end, question.answers)
    return Outcome(question, answer, exact_match(answer.answer, golds), f1(answer.answer, golds), place)
