"""An answer where it stands: its sentence, or as much of it as fits."""

import re
from dataclasses import dataclass
from typing import Final

_AROUND: Final = 60  # characters on either side
_CUT: Final = "…"
_SENTENCE_END: Final = re.compile(r"[。！？!?\r\n]")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of a text in three parts; `before` and `after` end in an ellipsis where a sentence is cut."""

    before: str
    answer: str
    after: str


def excerpt(text: str, start: int, end: int) -> Excerpt:
    """Return the sentence around ``text[start:end]``, at most 60 characters of it on either side."""
    before = text[max(0, start - _AROUND) : start]
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    if ends:
        before = before[ends[-1] :]
    elif start > _AROUND:
        before = _CUT + before
    after = text[end : end + _AROUND]
    if end_of_sentence := _SENTENCE_END.search(after):
        after = after[: end_of_sentence.end()]
    elif end + _AROUND < len(text):
        after += _CUT
    return Excerpt(before.lstrip(), text[start:end], after.rstrip())
