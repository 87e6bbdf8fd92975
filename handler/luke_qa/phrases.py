"""How many borders between phrases a span contains: 、 and the particles は, が and を, as tokens of their own.

An answer is nearly always one phrase. A span with a border in it often joins the start of one candidate with the end of
another, since a model predicts start and end apart.
"""

import numpy as np

from luke_qa.boundaries import CLOSING, band, codes, count_before
from luke_qa.tokenizer import IntArray
from luke_qa.visibility import code_points

_BORDERS = "、､を"
_PARTICLES = "はが"  # which are letters of many words as well


def phrase_borders(context: str, edges: tuple[IntArray, IntArray], max_answer_len: int) -> IntArray:
    """Return int64 [context tokens, max_answer_len]: the borders in the span from token i over d + 1 tokens.

    Those past the last token are counted up to there. ``edges`` are the ``visible_edges`` of the tokens.
    """
    starts, ends = edges
    characters = np.concatenate(([0], code_points(context), [0]))  # so that each has one before and one behind it
    before, character, behind = characters[starts], characters[starts + 1], characters[ends + 1]
    is_alone = ends - starts == 1
    is_border = is_alone & np.isin(character, codes(_BORDERS))
    for token in np.flatnonzero(is_alone & np.isin(character, codes(_PARTICLES))):
        is_border[token] = _is_particle(chr(before[token]), chr(behind[token]))
    count = count_before(is_border)
    return band(count[1:], max_answer_len) - count[:-1, None]


def _is_particle(before: str, behind: str) -> bool:
    """Whether は or が is one between these characters, and no letter of a word in hiragana, as in めがね."""
    if _is_hiragana(before):
        return not _is_hiragana(behind)
    return before.isalnum() or before in CLOSING


def _is_hiragana(character: str) -> bool:
    return "ぁ" <= character <= "ゖ"
