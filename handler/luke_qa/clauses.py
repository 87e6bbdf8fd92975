"""How many borders of a clause a span contains: tokens that are nothing but 、 or the particles は, が and を.

An answer is nearly always a phrase, which has none. A span that has one often joins the start of one candidate with the
end of another, since a model predicts start and end apart.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from luke_qa.tokenizer import IntArray
from luke_qa.visibility import code_points

BORDERS = "、はがを"


def clause_borders(context: str, edges: tuple[IntArray, IntArray], max_answer_len: int) -> IntArray:
    """Return int64 [context tokens, max_answer_len]: the borders in the span from token i over d + 1 tokens.

    ``edges`` are the ``visible_edges`` of the tokens.
    """
    starts, ends = edges
    is_other = np.isin(code_points(context), [ord(border) for border in BORDERS], invert=True)
    others = np.concatenate(([0], np.cumsum(is_other)))  # [characters + 1]: how many are before each position
    is_border = (starts < ends) & (others[starts] == others[ends])
    before = np.concatenate(([0], np.cumsum(is_border)))  # [tokens + 1]
    upto = np.concatenate((before[1:], np.full(max_answer_len - 1, before[-1])))
    found: IntArray = sliding_window_view(upto, max_answer_len) - before[:-1, None]
    return found
