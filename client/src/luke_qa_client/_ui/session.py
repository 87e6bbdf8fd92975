"""A visitor's session as frozen data: every event returns a new session."""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import Final, Self

from .._answers import Answer, Span
from .documents import Document
from .feedback import Verdict

KEPT: Final = 50  # questions of a session; each keeps its texts
KEPT_CHARACTERS: Final = 500_000  # in all these texts together


class Trouble(StrEnum):
    """Why there is no answer."""

    NO_QUESTION = "no_question"
    NO_TEXT = "no_text"
    DAMAGED = "damaged"
    EMPTY_FILE = "empty_file"
    PICTURES = "pictures"
    PROTECTED = "protected"
    LARGE_FILE = "large_file"
    UNSUPPORTED = "unsupported"
    NO_READER = "no_reader"
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
    """Why a question has no answer; ``detail`` is a file's name, or the server's message."""

    trouble: Trouble
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the texts that were searched, the answer, and what the visitor says of it."""

    question: str
    documents: tuple[Document, ...]
    answer: Answer
    verdict: Verdict | None = None

    @property
    def answers(self) -> tuple[Span, ...]:
        """Every answer, best first."""
        return (self.answer.best, *self.answer.alternatives)

    @property
    def characters(self) -> int:
        return sum(len(document.text) for document in self.documents)


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor's questions, oldest first, and the question or problem that is shown."""

    history: tuple[Asked, ...] = ()
    chosen: int | None = None
    problem: Problem | None = None

    @property
    def shown(self) -> Asked | None:
        return None if self.chosen is None else self.history[self.chosen]

    def answered(self, asked: Asked) -> Self:
        """Return the session with this answer, which is kept and shown."""
        history = _last((*self.history, asked))
        return replace(self, history=history, chosen=len(history) - 1, problem=None)

    def judged(self, verdict: Verdict | None) -> Self:
        """Return the session with this verdict on the answer that is shown; None takes it back."""
        if self.chosen is None:
            return self
        asked = replace(self.history[self.chosen], verdict=verdict)
        return replace(self, history=(*self.history[: self.chosen], asked, *self.history[self.chosen + 1 :]))

    def failed(self, problem: Problem) -> Self:
        """Return the session with this problem, which is shown but not kept."""
        return replace(self, chosen=None, problem=problem)

    def showing(self, chosen: int) -> Self:
        """Return the session with an earlier question shown, if it is still kept."""
        return replace(self, chosen=chosen if chosen < len(self.history) else None, problem=None)


def _last(history: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """Return the last questions within the limits; the newest one is always kept."""
    totals = accumulate(asked.characters for asked in reversed(history))
    within = sum(total <= KEPT_CHARACTERS for total in totals)
    return history[-min(max(within, 1), KEPT) :]
