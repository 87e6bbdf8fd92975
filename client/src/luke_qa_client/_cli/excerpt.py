"""An answer in its sentence, or as much of the sentence as fits."""

import re
from dataclasses import dataclass
from typing import Final

_MAX_SIDE: Final = 60  # characters on either side
_ELLIPSIS: Final = "…"
_SENTENCE_END: Final = re.compile(r"[。！？!?\r\n]")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text; ``before`` and ``after`` have an ellipsis where the sentence is cut."""

    before: str
    answer: str
    after: str


def excerpt(text: str, start: int, end: int) -> Excerpt:
    """Return the sentence around ``text[start:end]``, with at most 60 characters on either side."""
    before = text[max(0, start - _MAX_SIDE) : start]
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    if ends:
        before = before[ends[-1] :]
    elif start > _MAX_SIDE:
        before = _ELLIPSIS + before
    after = text[end : end + _MAX_SIDE]
    if end_of_sentence := _SENTENCE_END.search(after):
        after = after[: end_of_sentence.end()]
    elif end + _MAX_SIDE < len(text):
        after += _ELLIPSIS
    return Excerpt(before.lstrip(), text[start:end], after.rstrip())
