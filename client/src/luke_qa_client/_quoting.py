"""Answers with the sentence in which they stand. No I/O."""

from dataclasses import replace

from ._answers import Answer
from ._documents import Context, texts_of
from ._excerpt import excerpt, from_utf16


def with_excerpt(answer: Answer, context: Context, *, is_utf16: bool) -> Answer:
    """Return the answer with its excerpt, cut from the context while it is at hand: an answer does not keep it."""
    documents = texts_of(context)
    start, end, document = answer.start, answer.end, answer.document
    if start is None or end is None or document is None or document >= len(documents):
        return answer
    if is_utf16:
        start, end = from_utf16(documents[document], start, end)
    return replace(answer, excerpt=excerpt(documents[document], start, end))
