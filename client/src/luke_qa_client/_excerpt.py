"""An answer in its sentence, or as much of the sentence as fits."""

import html
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

    def to_html(self) -> str:
        """Return the part as HTML, with the answer marked."""
        before, answer, after = map(html.escape, (self.before, self.answer, self.after))
        return f"{before}<mark>{answer}</mark>{after}"


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


def from_utf16(text: str, *positions: int) -> list[int]:
    """Convert positions in UTF-16 code units, as ``offsets="utf16"`` gives them, to code points."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    return [len(encoded[: 2 * position].decode("utf-16-le", "replace")) for position in positions]
