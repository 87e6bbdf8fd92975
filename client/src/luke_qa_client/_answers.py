"""Answers and health, as frozen data."""

import html
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ._excerpt import Excerpt

Confidence = Literal["high", "low", "none"]


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
    """A stretch of a context that may answer the question. "No answer" is false: ``if answer:``.

    Attributes:
        answer: the original text at ``[start, end)``, without invisible characters at its ends; empty for "no
            answer".
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

    def __bool__(self) -> bool:
        return self.start is not None


@dataclass(frozen=True, slots=True)
class Answer(Span):
    """The best answer to one question, and the alternatives. Jupyter shows the answer in its sentence.

    Attributes:
        no_answer_score: the probability that the context contains no answer.
        request_id: the id of the request.
        alternatives: the other answers of the ``top_k``, best first.
        excerpt: the answer's sentence, or as much of it as fits into a line; None for "no answer".
        place_score: the probability that the answer overlaps the best span; None from an older server.
        confidence: what the server says of the answer: ``high``, ``low`` (unsure), or ``none`` (probably not in the
            context); None if its checkpoint has no thresholds, or from an older server.
        windows: how many windows of the text were read, of how many; None if the server does not say so.
    """

    no_answer_score: float
    request_id: str
    alternatives: tuple[Span, ...] = ()
    place_score: float | None = None
    confidence: Confidence | None = None
    windows: Windows | None = field(default=None, kw_only=True)
    excerpt: Excerpt | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def best(self) -> Span:
        """The answer as a plain span, like the alternatives."""
        return Span(**{name: getattr(self, name) for name in Span.__dataclass_fields__})

    def to_dict(self) -> dict[str, Any]:
        """Return the server's native answer object, ready for JSON."""
        return {
            **self.best.to_dict(),
            "no_answer_score": self.no_answer_score,
            "place_score": self.place_score,
            "confidence": self.confidence,
            "answers": [span.to_dict() for span in (self.best, *self.alternatives)],
            **({} if self.windows is None else {"windows": asdict(self.windows)}),
            "request_id": self.request_id,
        }

    def _repr_html_(self) -> str:
        plain = html.escape(self.answer) or "no answer"
        shown = plain if self.excerpt is None else self.excerpt.to_html()
        return f"<div>{shown} <small>{self.score:.2f}</small></div>"


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
