"""Edits: replace parts of a text and keep the places in it."""

from collections.abc import Sequence

Span = tuple[int, int]
Edit = tuple[int, int, str]
"""[start, end) of a text and what replaces it; an empty range inserts. A list of edits is in the text's order."""


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Return ``text`` with all edits made."""
    parts, last = list[str](), 0
    for start, end, new in edits:
        parts += (text[last:start], new)
        last = end
    return "".join((*parts, text[last:]))


def moved(span: Span, edits: Sequence[Edit]) -> Span:
    """Return where ``span`` lies after the edits. It grows by what is inserted inside, not by what is next to it."""
    start = span[0] + sum(len(new) - (b - a) for a, b, new in edits if b <= span[0])
    end = span[1] + sum(len(new) - (b - a) for a, b, new in edits if a < span[1])
    return start, end
