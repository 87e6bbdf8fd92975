"""Which of a question's windows are read, and how likely each was to hold the answer before it was read.

Every window is ranked by BM25 over the tokens of the question, and over pairs of neighbouring ones, which are closer to
words. The tokens of its document's title count as its own. A token counts for more if fewer windows have it, and if it
is rarer in Japanese: 何, いつ and は may be rare in a text, and still say little. The model computes nothing for it.

The energy of a window's spans includes its prior: the rank times a weight, which is fitted and stored with the
checkpoint. The best window's prior is 0, the others' are below, so energies of answers and of "no answer" compare as if
the best window had been read alone. A window whose prior leaves it no chance is not read: of a question that ranks one
window far above the others, that one is read, and of one that all rank alike, as many as are allowed. Where every
window is read, ranks are not needed and there is no prior.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray

SATURATION: Final = 1.2  # BM25's k1: how soon a token's repetition in a window stops counting
LENGTH: Final = 0.75  # BM25's b: how much a longer window must have more of the tokens
PAIRS: Final = 0.2  # how much a pair of tokens counts, relative to the rarest token
REACH: Final = 10.0  # logarithm of the odds at which a window has no chance against the best
_CELLS: Final = 2**18  # windows x terms that are counted at once, which bounds the memory

Scores = NDArray[np.float64]
Parts = Sequence[tuple[IntArray, IntArray]]


@dataclass(frozen=True, slots=True, eq=False)
class Shortlist:
    """The windows that are read: int64 [windows read] in the order of the text, and the prior of each, an energy."""

    windows: IntArray
    priors: Scores


def choose_windows(ranks: Scores, of_documents: Scores, weight: float, count: int, temperature: float) -> Shortlist:
    """Return the best ``count`` windows at most, without those that have no chance.

    Args:
        ranks: float64 [windows].
        of_documents: float64 [windows], what is known of each one's document, an energy.
        weight: the energy of one unit of rank. With 0, ranks only choose.
        count: the number of windows.
        temperature: divides energies, which makes them logarithms of odds.
    """
    priors = of_documents + weight * ranks
    best = np.argsort(-(priors if weight else of_documents + ranks), kind="stable")[:count]
    best = np.sort(best[priors[best] >= priors[best].max() - REACH * temperature])
    return Shortlist(best, priors[best] - priors[best].max())


def rank_windows(question: IntArray, text: IntArray, parts: Parts, information: Scores) -> Scores:
    """Return float64 [windows]: how much of the question each window has.

    Args:
        question: its token ids.
        text: the token ids of all documents and titles.
        parts: what belongs to window k, as ``text[starts[k]:ends[k]]`` of one or more (starts, ends).
        information: float64 [vocabulary], see ``Tokenizer``.
    """
    terms = np.unique(question)
    number = np.full(len(information), -1)
    number[terms] = np.arange(len(terms))
    found = number[text]  # the number of each token's term, -1 if the question does not have it
    places = np.flatnonzero(found >= 0)
    of_tokens = _bm25(information[terms], places, found[places], parts)
    neighbours = places[:-1][np.diff(places) == 1]
    pairs = np.unique(_pairs(number[question[:-1]], number[question[1:]], len(terms)))
    number = np.full(len(terms) ** 2, -1)
    number[pairs] = np.arange(len(pairs))
    of_places = number[_pairs(found[neighbours], found[neighbours + 1], len(terms))]
    neighbours, of_places = neighbours[of_places >= 0], of_places[of_places >= 0]
    within = [(starts, np.maximum(starts, ends - 1)) for starts, ends in parts]
    return of_tokens + _bm25(np.full(len(pairs), PAIRS), neighbours, of_places, within)


def _bm25(weights: Scores, places: IntArray, found: IntArray, parts: Parts) -> Scores:
    """BM25 of the terms with these weights. Term ``found[n]`` is at ``places[n]`` of the text, in ascending order."""
    lengths = np.sum([ends - starts for starts, ends in parts], axis=0)
    damping = SATURATION * (1 - LENGTH + LENGTH * lengths / max(lengths.mean(), 1))
    # Windows overlap: what is between any two neighbouring borders is counted once.
    borders = np.searchsorted(places, np.stack(parts))  # [parts, 2, windows], into ``places``
    cuts, at = np.unique(borders, return_inverse=True)
    at = at.reshape(borders.shape)
    pieces = np.searchsorted(cuts, np.arange(len(places)), side="right")
    ranks, at_once = np.zeros(len(lengths)), max(1, _CELLS // len(lengths))
    for first in range(0, len(weights), at_once):
        some = weights[first : first + at_once]
        of_some = (first <= found) & (found < first + len(some))
        counts = np.zeros((len(cuts) + 1, len(some)), np.int64)
        np.add.at(counts, (pieces[of_some], found[of_some] - first), 1)
        before = np.cumsum(counts, axis=0)  # [cuts, terms]: how often each is before a border
        frequency = np.sum(before[at[:, 1]] - before[at[:, 0]], axis=0)  # [windows, terms]
        having = np.count_nonzero(frequency, axis=0)
        rarity = np.log1p((len(lengths) - having + 0.5) / (having + 0.5))
        saturated = frequency * (SATURATION + 1) / (frequency + damping[:, None])
        # Not as a matrix product, whose rounding may differ from row to row: equal windows have equal ranks.
        ranks += np.einsum("wt,t->w", saturated, some * rarity)
    return ranks


def _pairs(first: IntArray, second: IntArray, terms: int) -> IntArray:
    """One number for each pair of terms."""
    return first * terms + second
