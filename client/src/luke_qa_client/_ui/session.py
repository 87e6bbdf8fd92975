"""A visitor's session as frozen data: every event returns a new session."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Self

from .._answers import Answer
from .documents import Document, DroppedFile, split_pasted
from .feedback import Verdict
from .places import Place, find_places
from .problems import Problem

KEPT: Final = 50  # questions of a session; each keeps its texts
KEPT_CHARACTERS: Final = 500_000  # in all these texts together; one that several questions share counts once


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the texts that were searched, the answer, and what the visitor says of it.

    Attributes:
        question: the question.
        pasted: the pasted text, which may hold several documents.
        files: the files that were searched as well.
        answer: the answer.
        verdict: what the visitor says of the answer.
        documents: every document that was searched; an answer's ``document`` is an index of it.
        places: the places of the answer, best first.
    """

    question: str
    pasted: str
    files: tuple[DroppedFile, ...]
    answer: Answer
    verdict: Verdict | None = None
    documents: tuple[Document, ...] = field(init=False, repr=False)
    places: tuple[Place, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", all_documents(self.pasted, self.files))
        object.__setattr__(self, "places", find_places(self.answer))


def all_documents(pasted: str, files: tuple[DroppedFile, ...]) -> tuple[Document, ...]:
    """Return the documents of a pasted text and of files."""
    return (*split_pasted(pasted), *(document for file in files for document in file.documents))


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
        history = last_within((*self.history, asked)) or (asked,)
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
        return replace(self, chosen=chosen if 0 <= chosen < len(self.history) else None, problem=None)


def last_within(history: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """Return the last questions within the limits."""
    within = sum(total <= KEPT_CHARACTERS for total in _totals(history))
    return history[len(history) - min(within, KEPT) :]


def _totals(history: tuple[Asked, ...]) -> Iterator[int]:
    """Yield how many characters the last question has, the last two, and so on."""
    seen: set[str | DroppedFile] = set()
    total = 0
    for asked in reversed(history):
        if asked.pasted not in seen:
            total += len(asked.pasted)
        total += sum(file.characters for file in asked.files if file not in seen)
        seen.update((asked.pasted, *asked.files))
        yield total
