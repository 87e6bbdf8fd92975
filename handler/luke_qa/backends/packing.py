"""Windows one behind the other, without padding; or with just so much behind them that shapes repeat."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """ids and positions: int64 [tokens]; borders: int32 [windows + 1], where each begins and the last ends."""

    ids: IntArray
    positions: IntArray
    borders: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A shape: tokens, and windows."""

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
    """The windows, then windows of padding that make up the bucket's tokens, then empty ones that make up its windows.

    None: the bucket is too small. No window is longer than ``max_tokens``, nor is one of padding.
    """
    missing = bucket.tokens - sum(map(len, windows))
    padding = [np.full(min(max_tokens, missing - at), pad_id) for at in range(0, missing, max_tokens)]
    empty = bucket.windows - len(windows) - len(padding)
    if missing < 0 or empty < 0:
        return None
    return [*windows, *padding, *[np.empty(0, np.int64)] * empty]
