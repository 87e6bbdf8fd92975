"""Which characters of a text can be seen, and where an answer's visible part begins and ends.

Invisible are whitespace, control characters, Unicode's default-ignorable characters (zero-width spaces and joiners,
soft hyphens, fillers, marks of direction), the marks of interlinear annotation and the blank pattern of braille. A
variation selector belongs to the visible character before it, as in 葛󠄀.
"""

import sys
import unicodedata
from typing import Final

import numpy as np
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray, TokenizedText

# DerivedCoreProperties.txt of Unicode 16, Default_Ignorable_Code_Point; both ends included.
_DEFAULT_IGNORABLE: Final = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_ANNOTATION: Final = (0xFFF9, 0xFFFB)
_BLANK_BRAILLE: Final = (0x2800, 0x2800)
_SELECTORS: Final = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))

_LAST_SPACE: Final = 0x3000  # no character beyond it is whitespace or a control character
_BLANK: Final = tuple(
    (code, code) for code in range(_LAST_SPACE + 1) if chr(code).isspace() or unicodedata.category(chr(code)) == "Cc"
)
_INVISIBLE: Final = (*_DEFAULT_IGNORABLE, _ANNOTATION, _BLANK_BRAILLE, *_BLANK)


def _table(ranges: tuple[tuple[int, int], ...]) -> NDArray[np.bool_]:
    """Return bool [code points]: whether each is in one of the ranges."""
    table = np.zeros(sys.maxunicode + 1, bool)
    for first, last in ranges:
        table[first : last + 1] = True
    return table


_IS_INVISIBLE: Final = _table(_INVISIBLE)
_IS_SELECTOR: Final = _table(_SELECTORS)


def code_points(text: str) -> NDArray[np.uint32]:
    """Return uint32 [characters]: the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def is_invisible(characters: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return bool [characters]: whether each code point is invisible."""
    invisible: NDArray[np.bool_] = _IS_INVISIBLE[characters]
    return invisible


def visible_edges(context: str, tokens: TokenizedText) -> tuple[IntArray, IntArray]:
    """Return where the visible part of a span begins if it starts with each token, and where it ends if it ends there.

    Both are int64 [tokens], in code points of the context, the ends exclusive. A span's begin is not before its end if
    nothing in it is visible.
    """
    characters = code_points(context)
    visible = ~is_invisible(characters)
    ends = _ends_of_last(visible, tokens.ends)
    return _next(visible, tokens.starts), np.where(ends > 0, _next(~_IS_SELECTOR[characters], ends), 0)


def _next(marks: NDArray[np.bool_], places: IntArray) -> IntArray:
    """The first marked character at or after each position; the end of the text if there is none."""
    marked = np.append(np.flatnonzero(marks), len(marks))
    return marked[np.searchsorted(marked, places)]


def _ends_of_last(marks: NDArray[np.bool_], places: IntArray) -> IntArray:
    """The end of the last marked character before each position; 0 if there is none."""
    ends = np.concatenate(([0], np.flatnonzero(marks) + 1))
    return ends[np.searchsorted(ends, places, side="right") - 1]
