"""Token windows to measure with: random ids, with the lengths of real requests or all of one length."""

from collections.abc import Sequence

import numpy as np

from luke_qa.tokenizer import IntArray

# Question and context of real requests: median 148, p95 338, p99 440 tokens.
MIX_LOG_MEAN, MIX_LOG_SIGMA = np.log(148), 0.5


def draw_windows(lengths: Sequence[int], vocab_size: int, seed: int) -> list[IntArray]:
    generator = np.random.default_rng(seed)
    return [generator.integers(4, vocab_size - 4, size=length) for length in lengths]


def draw_mix(count: int, max_tokens: int, seed: int) -> list[int]:
    """Draw the lengths of ``count`` windows."""
    lengths = np.random.default_rng(seed).lognormal(MIX_LOG_MEAN, MIX_LOG_SIGMA, count)
    return [int(length) for length in lengths.clip(16, max_tokens)]
