"""Answers and health, as frozen data."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Passage:
    """The text around an answer, at ``[start, end)`` of its document."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Windows:
    """How many windows of the text were read for a question, of how many."""

    read: int
    of: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a context that may answer the question.

    Attributes:
        answer: the original text at ``[start, end)``, without surrounding whitespace; empty for "no answer".
        score: the probability in [0, 1], comparable across windows and documents.
        start, end: the answer's position in its document, end exclusive, in code points, or in UTF-16 code
            units with ``offsets="utf16"``; None for "no answer".
        document: the index of the answer's document; 0 if the context is one text, None for "no answer".
        id, title: those of the answer's document, if it has them.
        passage: the text around the answer, if it was asked for.
    """

    answer: str
    score: float
    start: int | None
    end: int | None
    document: int | None
    id: str | None = field(default=None, kw_only=True)
    title: str | None = field(default=None, kw_only=True)
    passage: Passage | None = field(default=None, kw_only=True)

    def to_dict(self) -> dict[str, Any]:
        """Return the server's native object, ready for JSON."""
        optional = ("id", "title", "passage")
        return {name: value for name, value in asdict(self).items() if name not in optional or value is not None}


@dataclass(frozen=True, slots=True)
class Answer(Span):
    """The best answer to one question, and the alternatives.

    Attributes:
        no_answer_score: the probability that the context contains no answer.
        request_id: the id of the request.
        alternatives: the other answers of the ``top_k``, best first.
        windows: how many windows of the text were read, of how many; None if the server does not say so.
    """

    no_answer_score: float
    request_id: str
    alternatives: tuple[Span, ...] = ()
    windows: Windows | None = field(default=None, kw_only=True)

    @property
    def best(self) -> Span:
        """The answer as a plain span, like the alternatives."""
        return Span(**{name: getattr(self, name) for name in Span.__dataclass_fields__})

    def to_dict(self) -> dict[str, Any]:
        """Return the server's native answer object, ready for JSON."""
        return {
            **self.best.to_dict(),
            "no_answer_score": self.no_answer_score,
            "answers": [span.to_dict() for span in (self.best, *self.alternatives)],
            **({} if self.windows is None else {"windows": asdict(self.windows)}),
            "request_id": self.request_id,
        }


@dataclass(frozen=True, slots=True)
class Health:
    """The health status that the server reports.

    Attributes:
        status: the server's status, such as ``Healthy``.
        ready: whether the status is ``Healthy``. TorchServe reports this for some minutes even while its workers fail
            to start; to be sure, ask a question.
    """

    status: str
    ready: bool
