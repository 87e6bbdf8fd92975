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

    separators = count_before(np.isin(characters, codes(SEPARATORS)))
    opening, closing = np.isin(characters, codes(OPENING)), np.isin(characters, codes(CLOSING))
    segments = count_before(opening | closing)  # a segment of the text has no bracket inside
    depths = np.concatenate(([0], np.cumsum((opening.astype(int) - closing)[opening | closing])))
    deeper_until = _next_smaller(depths)  # the next segment whose depth is below that of the segment

    last = band(ends, max_answer_len)  # [tokens, max_answer_len]
    before_last = np.maximum(last - 1, 0)
    first = starts[:, None]
    within_sentence = separators[np.maximum(before_last, first)] == separators[first]
    begin, end = segments[first], segments[last]
    allowed: NDArray[np.bool_] = within_sentence & (depths[begin] == depths[end]) & (end < deeper_until[begin])
    return allowed


def codes(text: str) -> list[int]:
    """Return the code points of ``text``, to be compared with those of a context."""
    return [ord(character) for character in text]


def count_before(marks: NDArray[np.bool_]) -> IntArray:
    """Return int64 [marks + 1]: how many are set before each place, and in all."""
    return np.concatenate(([0], np.cumsum(marks)))


def _next_smaller(depths: IntArray) -> IntArray:
    """For each element, the index of the next one that is smaller; the length if there is none."""
    found, waiting = np.full(len(depths), len(depths)), list[int]()
    for index, depth in enumerate(depths.tolist()):
        while waiting and depths[waiting[-1]] > depth:
            found[waiting.pop()] = index
        waiting.append(index)
    return found


def band(values: IntArray, width: int) -> IntArray:
    """Return [tokens, width]: the values of the tokens i to i + width - 1; beyond the last token, its value."""
    padded = np.concatenate((values, np.full(width - 1, values[-1] if len(values) else 0)))
    return sliding_window_view(padded, width)
