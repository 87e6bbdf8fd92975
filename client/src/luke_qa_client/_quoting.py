"""Answers with the sentence in which they stand. No I/O."""

from dataclasses import replace

from ._answers import Answer
from ._excerpt import excerpt, from_utf16
from ._request import AskRequest


def with_excerpt(answer: Answer, request: AskRequest) -> Answer:
    """Return the answer with its excerpt, cut from the context while it is at hand: an answer does not keep it."""
    documents = request.texts
    start, end, document = answer.start, answer.end, answer.document
    if start is None or end is None or document is None or document >= len(documents):
        return answer
    if request.message.get("offsets") == "utf16":
        start, end = from_utf16(documents[document], start, end)
    return replace(answer, excerpt=excerpt(documents[document], start, end))
