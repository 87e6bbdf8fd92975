"""What one visitor has asked, as frozen data: every event makes the next session out of the last."""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import Final, Self

from .._answers import Answer, Span
from .documents import Document

KEPT: Final = 50  # questions of a session, of which each holds its texts
KEPT_CHARACTERS: Final = 500_000  # of all these texts


class Trouble(StrEnum):
    """Why there is no answer."""

    NO_QUESTION = "no_question"
    NO_TEXT = "no_text"
    NOT_UTF8 = "not_utf8"
    BINARY = "binary"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    QUESTION_TOO_LONG = "question_too_long"
    REFUSED = "refused"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    OVERLOADED = "overloaded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """A question that got no answer; `detail` is a file's name, or what the server said."""

    trouble: Trouble
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the texts that it was asked over, and its answer."""

    question: str
    documents: tuple[Document, ...]
    answer: Answer

    @property
    def answers(self) -> tuple[Span, ...]:
        """Every answer, best first."""
        return (self.answer.best, *self.answer.alternatives)

    @property
    def characters(self) -> int:
        return sum(len(document.text) for document in self.documents)


@dataclass(frozen=True, slots=True)
class Session:
    """The questions of one visitor, oldest first, and which of them (or what problem) is on show."""

    history: tuple[Asked, ...] = ()
    chosen: int | None = None
    problem: Problem | None = None

    @property
    def shown(self) -> Asked | None:
        return None if self.chosen is None else self.history[self.chosen]

    def answered(self, asked: Asked) -> Self:
        """Return the session after a question was answered: it is kept, and on show."""
        history = _last((*self.history, asked))
        return replace(self, history=history, chosen=len(history) - 1, problem=None)

    def failed(self, problem: Problem) -> Self:
        """Return the session after a question got no answer: the problem is on show, and not kept."""
        return replace(self, chosen=None, problem=problem)

    def showing(self, chosen: int) -> Self:
        """Return the session with an earlier question on show, if it is still kept."""
        return replace(self, chosen=chosen if chosen < len(self.history) else None, problem=None)


def _last(history: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """Return the questions that are kept: as many of the last as the limits allow, and the newest in any case."""
    totals = accumulate(asked.characters for asked in reversed(history))
    within = sum(total <= KEPT_CHARACTERS for total in totals)
    return history[-min(max(within, 1), KEPT) :]
