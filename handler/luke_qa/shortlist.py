"""Which of a question's windows are read, and how likely each was to hold the answer before it was read.

Every window is ranked by BM25 over token ids: a window counts for more if it has more of the question's tokens, and a
token counts for more if fewer windows have it. The model computes nothing for it.

The energy of a window's spans includes its prior: the rank times a weight, which is fitted and stored with the
checkpoint. The best window's prior is 0, the others' are below, so energies of answers and of "no answer" compare as if
the best window had been read alone. Where every window is read, ranks are not needed and there is no prior.
"""

import numpy as np
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray

SATURATION = 1.2  # BM25's k1: how soon a token's repetition in a window stops counting
LENGTH = 0.75  # BM25's b: how much a longer window must have more of the tokens

Scores = NDArray[np.float64]


def rank_windows(question: IntArray, text: IntArray, starts: IntArray, ends: IntArray) -> Scores:
    """Return float64 [windows]: the BM25 of each window ``text[starts[k]:ends[k]]`` for the question's tokens."""
    count, lengths = len(starts), ends - starts
    damping = SATURATION * (1 - LENGTH + LENGTH * lengths / lengths.mean())
    terms = np.unique(question)
    places = np.flatnonzero(np.isin(text, terms))
    found = text[places]
    ranks = np.zeros(count)
    for term in terms:
        of_term = places[found == term]
        frequency = np.searchsorted(of_term, ends) - np.searchsorted(of_term, starts)
        having = np.count_nonzero(frequency)
        rarity = np.log1p((count - having + 0.5) / (having + 0.5))
        ranks += rarity * frequency * (SATURATION + 1) / (frequency + damping)
    return ranks


def best_windows(values: Scores, count: int) -> IntArray:
    """Return the indices of the ``count`` highest values, in the order of the text; the earlier of two equals."""
    return np.sort(np.argsort(-values, kind="stable")[:count])
