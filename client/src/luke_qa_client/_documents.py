"""Documents, as a retriever hands them over."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Document:
    """A document with what is known about it.

    Attributes:
        text: the text to search.
        id: returned with the answers from this document.
        title: returned with the answers from this document; its words help to choose what is read of much text.
        score: a retriever's score, of any scale; the option ``retriever_weight`` says how much it counts.
    """

    text: str
    id: str | None = None
    title: str | None = None
    score: float | None = None


Context = str | Document | Sequence[str | Document]


def texts_of(context: Context) -> list[str]:
    """Return the texts of a context."""
    documents = [context] if isinstance(context, str | Document) else context
    return [document if isinstance(document, str) else document.text for document in documents]


def plain(context: Context) -> Any:
    """Return a context as the wire has it."""
    if isinstance(context, str):
        return context
    if isinstance(context, Document):
        given = {name: value for name, value in asdict(context).items() if value is not None}
        return given if len(given) > 1 else context.text
    return [plain(document) for document in context]
