"""Which spans of the text may be an answer.

An answer does not continue past the end of a sentence (。！？), a line break or a table's bar, and it does not split a
pair of brackets: every bracket that opens in it also closes in it. A sentence end or a bar may be its last character.
What is invisible at its ends is ignored.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray
from luke_qa.visibility import code_points

SEPARATORS = "。！？\n|｜"
OPENING = "「『（(【［[〈《〔"
CLOSING = "」』）)】］]〉》〕"


def allowed_spans(context: str, edges: tuple[IntArray, IntArray], max_answer_len: int) -> NDArray[np.bool_]:
    """Return bool [context tokens, max_answer_len]: whether the span from token i over d + 1 tokens is allowed.

    ``edges`` are the ``visible_edges`` of the tokens.
    """
    characters, (starts, ends) = code_points(context), edges

    separators = _count_before(np.isin(characters, _codes(SEPARATORS)))
    opening, closing = np.isin(characters, _codes(OPENING)), np.isin(characters, _codes(CLOSING))
    segments = _count_before(opening | closing)  # a segment of the text has no bracket inside
    depths = np.concatenate(([0], np.cumsum((opening.astype(int) - closing)[opening | closing])))
    deeper_until = _next_smaller(depths)  # the next segment whose depth is below that of the segment

    last = _band(ends, max_answer_len)  # [tokens, max_answer_len]
    before_last = np.maximum(last - 1, 0)
    first = starts[:, None]
    within_sentence = separators[np.maximum(before_last, first)] == separators[first]
    begin, end = segments[first], segments[last]
    allowed: NDArray[np.bool_] = within_sentence & (depths[begin] == depths[end]) & (end < deeper_until[begin])
    return allowed


def _codes(text: str) -> list[int]:
    return [ord(character) for character in text]


def _count_before(marks: NDArray[np.bool_]) -> IntArray:
    """[characters + 1]: how many marks are before each position."""
    return np.concatenate(([0], np.cumsum(marks)))


def _next_smaller(depths: IntArray) -> IntArray:
    """For each element, the index of the next one that is smaller; the length if there is none."""
    found, waiting = np.full(len(depths), len(depths)), list[int]()
    for index, depth in enumerate(depths.tolist()):
        while waiting and depths[waiting[-1]] > depth:
            found[waiting.pop()] = index
        waiting.append(index)
    return found


def _band(ends: IntArray, width: int) -> IntArray:
    """[tokens, width]: the ends of the tokens i to i + width - 1; beyond the last token, its end."""
    padded = np.concatenate((ends, np.full(width - 1, ends[-1] if len(ends) else 0)))
    return sliding_window_view(padded, width)
