"""What the server says, as typed and frozen data."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a context that may answer the question.

    Attributes:
        answer: the original text at ``[start, end)`` without white space around it; empty
            when the server holds that there is no answer.
        score: the probability in [0, 1], comparable across windows and documents.
        start, end: where the answer stands in its document, end exclusive, in code points or,
            if ``offsets="utf16"`` was asked for, in UTF-16 units; None where it has no place.
        document: the index of the answer's document, 0 when the context is one text.
    """

    answer: str
    score: float
    start: int | None
    end: int | None
    document: int | None


@dataclass(frozen=True, slots=True)
class Answer(Span):
    """The best answer to one question, and what else was considered.

    Attributes:
        no_answer_score: the probability that the context holds no answer.
        request_id: the id under which the question was asked.
        alternatives: the other spans of ``top_k``, best first, without this one.
    """

    no_answer_score: float
    request_id: str
    alternatives: tuple[Span, ...] = ()

    @property
    def best(self) -> Span:
        """Return this answer as a bare span, such as the alternatives are."""
        return Span(self.answer, self.score, self.start, self.end, self.document)

    def to_dict(self) -> dict[str, Any]:
        """Return the server's native answer object, ready for JSON."""
        return {
            **asdict(self.best),
            "no_answer_score": self.no_answer_score,
            "answers": [asdict(span) for span in (self.best, *self.alternatives)],
            "request_id": self.request_id,
        }


@dataclass(frozen=True, slots=True)
class Health:
    """What the server says of itself.

    Attributes:
        status: the server's word, for example ``Healthy``.
        ready: whether that word is ``Healthy``. TorchServe goes on saying so for some minutes
            while its workers fail to start; whoever must be sure asks a question.
    """

    status: str
    ready: bool
