"""Questions of a data set with their answers, each scored by exact match and F1."""

from collections.abc import Sequence
from dataclasses import dataclass

from luke_qa.query import Answers
from luke_qa_client.evaluation import right_place
from luke_qa_client.metrics import Score, exact_match, f1, mean_score
from ops.reader import Asked
from training.data.qa_data import Paragraph, Question


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, its paragraph, the answer given, and the answer's measures in [0, 1].

    For an answerable question, the best span is scored even if "no answer" is more probable. ``right_place`` is 1.0 if
    it overlaps a gold answer or equals one.
    """

    paragraph: Paragraph
    question: Question
    answer: str
    score: float
    no_answer_score: float
    exact_match: float
    f1: float
    place_score: float
    right_place: float

    @property
    def golds(self) -> tuple[str, ...]:
        return tuple(answer.text for answer in self.question.answers)


def as_asked(paragraphs: Sequence[Paragraph]) -> list[Asked]:
    """Make one item per paragraph: all its questions over its context, exactly as given."""
    return [Asked(tuple(q.text for q in p.questions), (p.context,)) for p in paragraphs]


def score_outcomes(paragraphs: Sequence[Paragraph], answers: Sequence[Sequence[Answers]]) -> list[Outcome]:
    """Score the answer to every question; ``answers`` are those to ``as_asked(paragraphs)``."""
    return [
        _outcome(paragraph, question, found)
        for paragraph, of_paragraph in zip(paragraphs, answers, strict=True)
        for question, found in zip(paragraph.questions, of_paragraph, strict=True)
    ]


def answerable(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.question.answers]


def overall(outcomes: Sequence[Outcome]) -> Score:
    return mean_score((outcome.exact_match, outcome.f1) for outcome in outcomes)


def with_refusals(outcomes: Sequence[Outcome]) -> Score:
    """Score as SQuAD 2.0 does: the answer is empty if "no answer" is more probable than the best span."""
    answers = [(o.golds, "" if o.no_answer_score > o.score else o.answer) for o in outcomes]
    return mean_score((exact_match(text, golds), f1(text, golds)) for golds, text in answers)


def _outcome(paragraph: Paragraph, question: Question, found: Answers) -> Outcome:
    span, golds = found.spans[0], [answer.text for answer in question.answers]
    return Outcome(
        paragraph,
        question,
        span.answer,
        span.score,
        found.no_answer_score,
        exact_match(span.answer, golds),
        f1(span.answer, golds),
        found.place_score,
        right_place(span.answer, span.start, span.end, question.answers),
    )
