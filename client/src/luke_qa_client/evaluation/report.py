"""The full report on a server's answers to a data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .._errors import LukeQAError
from ..metrics import Score
from .breakdown import ANSWER_LENGTHS, Row, group_rows, length_label, length_labels, make_row
from .calibration import Reliability, reliability
from .confidence import Place, State, measure_place, measure_states
from .outcomes import Outcome
from .risk import Point, RiskCoverage, risk_coverage

CARD: Final = Score(exact_match=0.8459, f1=0.9197, count=1045)  # luke-japanese-base-finetuned-QA, on DDQA's test split
TARGET_ACCURACY: Final = 0.9

_QUESTION_LENGTHS: Final = (11, 21, 31, 41)  # characters; each starts a group


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The number of questions without an answer, and how often "no answer" was returned, and returned correctly."""

    questions: int
    said: int
    rightly: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that failed."""

    question_id: str
    question: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The measures of one data set.

    Attributes:
        questions: the number of questions.
        rows: percentages over all questions, by group; failures count as wrong.
        no_answer: None if every question has an answer.
        reliability, risk_coverage: measures of the answers alone, without failures.
        surest: the point of highest coverage at which ``TARGET_ACCURACY`` of the answers are correct, or None.
        place: measures of ``place_score``; None from an older server.
        states: the answers by confidence; empty if the server's checkpoint has no thresholds.
        failures: the questions that failed.
    """

    questions: int
    rows: tuple[Row, ...]
    no_answer: NoAnswer | None
    reliability: Reliability
    risk_coverage: RiskCoverage
    surest: Point | None
    place: Place | None
    states: tuple[State, ...]
    failures: tuple[Failure, ...]


def measure(outcomes: Sequence[Outcome]) -> Report:
    """Return the report of one or more outcomes."""
    answerable = [outcome for outcome in outcomes if outcome.golds]
    impossible = [outcome for outcome in outcomes if not outcome.golds]
    answers = [(outcome.answer, outcome.exact_match) for outcome in outcomes]
    scores = [answer.score for answer, _ in answers if not isinstance(answer, LukeQAError)]
    right = [hit for answer, hit in answers if not isinstance(answer, LukeQAError)]
    curve = risk_coverage(scores, right, len(outcomes))
    return Report(
        questions=len(outcomes),
        rows=(
            make_row("all", "", outcomes),
            *([make_row("", "with an answer", answerable)] if answerable and impossible else []),
            *([make_row("", "without an answer", impossible)] if impossible else []),
            *_length_rows(outcomes, answerable),
        ),
        no_answer=_no_answer(outcomes, impossible) if impossible else None,
        reliability=reliability(scores, right),
        risk_coverage=curve,
        surest=curve.reaching(TARGET_ACCURACY),
        place=measure_place(outcomes),
        states=measure_states(outcomes),
        failures=tuple(
            Failure(outcome.question.id, outcome.question.text, type(outcome.answer).__name__, outcome.answer.message)
            for outcome in outcomes
            if isinstance(outcome.answer, LukeQAError)
        ),
    )


def _length_rows(outcomes: Sequence[Outcome], answerable: Sequence[Outcome]) -> list[Row]:
    by_question = group_rows(
        "question length",
        outcomes,
        length_labels(_QUESTION_LENGTHS),
        lambda outcome: length_label(len(outcome.question.text), _QUESTION_LENGTHS),
    )
    by_answer = group_rows(
        "answer length",
        answerable,
        length_labels(ANSWER_LENGTHS),
        lambda outcome: length_label(len(outcome.golds[0]), ANSWER_LENGTHS),
    )
    return [*by_question, *by_answer]


def _no_answer(outcomes: Sequence[Outcome], impossible: Sequence[Outcome]) -> NoAnswer:
    return NoAnswer(len(impossible), sum(map(_says_none, outcomes)), sum(map(_says_none, impossible)))


def _says_none(outcome: Outcome) -> bool:
    return not isinstance(outcome.answer, LukeQAError) and not outcome.answer.answer
