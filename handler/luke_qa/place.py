"""The place of an answer: all spans that overlap the best one, as one event with one probability.

"月に1回", "1回" and "月" are one answer seen three times: each score is low, but that the answer is here is nearly
certain. The scores share one softmax, so the probability of a place is the sum over its spans. It says whether the
answer is here; the best span's own score says whether it begins and ends exactly there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luke_qa.tokenizer import TokenizedText

_SMALLEST = 1e-9  # keeps the log-odds finite


@dataclass(frozen=True, slots=True)
class PlattScaling:
    """A correction of the log-odds, fitted on development data (Platt, 1999): ``slope`` * log-odds + ``bias``."""

    slope: float = 1.0
    bias: float = 0.0

    def probability(self, raw: float) -> float:
        """Return the corrected probability of ``raw``."""
        within = min(max(raw, _SMALLEST), 1 - _SMALLEST)
        odds = self.slope * np.log(within / (1 - within)) + self.bias
        return float(np.exp(-np.logaddexp(0.0, -odds)))


UNSCALED = PlattScaling()


def overlap_energy(band: NDArray[np.float64], tokens: TokenizedText, start: int, end: int) -> float:
    """Return the joint energy (log-sum-exp) of the spans that overlap the code points [start, end).

    ``band`` [context tokens, max_answer_len] holds the energy of the span from token i over d + 1 tokens. The result is
    -inf if there are no such spans.
    """
    first = int(np.searchsorted(tokens.ends, start, side="right"))
    last = int(np.searchsorted(tokens.starts, end, side="left")) - 1
    width = band.shape[1]
    lowest = max(0, first - width + 1)
    begin = np.arange(lowest, last + 1)[:, None]
    reaches = begin + np.arange(width) >= first  # [begins, max_answer_len]
    energies = band[lowest : last + 1][reaches]
    peak = energies.max(initial=-np.inf)
    if peak == -np.inf:
        return -np.inf
    return float(peak + np.log(np.exp(energies - peak).sum()))


def place_score(probability: float, span_score: float, scaling: PlattScaling) -> float:
    """Return the calibrated probability of a place, which is never below that of the best span in it."""
    return max(span_score, scaling.probability(probability))
