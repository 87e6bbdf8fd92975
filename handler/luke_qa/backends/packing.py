"""Pack windows one after another: without padding, or padded to one of a few shapes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """ids and positions: int64 [tokens]. cu_seqlens: int32 [windows + 1], the start of each and the end of the last."""

    ids: IntArray
    positions: IntArray
    cu_seqlens: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A shape: a number of tokens in a number of windows."""

    tokens: int
    windows: int


def pack(windows: Sequence[IntArray]) -> Packed:
    lengths = [len(window) for window in windows]
    return Packed(
        np.concatenate(windows),
        np.concatenate([np.arange(length) for length in lengths]),
        np.cumsum([0, *lengths], dtype=np.int32),
    )


def fill(windows: Sequence[IntArray], bucket: Bucket, max_tokens: int, pad_id: int) -> list[IntArray] | None:
    """Fill ``bucket`` with the windows, then windows of padding up to its tokens, then empty ones up to its windows.

    Return None if the bucket is too small. No window exceeds ``max_tokens``, padding included.
    """
    missing = bucket.tokens - sum(map(len, windows))
    padding = [np.full(min(max_tokens, missing - at), pad_id) for at in range(0, missing, max_tokens)]
    empty = bucket.windows - len(windows) - len(padding)
    if missing < 0 or empty < 0:
        return None
    return [*windows, *padding, *[np.empty(0, np.int64)] * empty]
