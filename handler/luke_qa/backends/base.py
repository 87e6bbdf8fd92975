"""What the engine needs of a backend: the ``Model`` protocol and the ``Logits`` that it returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Logits:
    """Start and end logits of one window: float32 [tokens] each."""

    start: NDArray[np.float32]
    end: NDArray[np.float32]


class Model(Protocol):
    """What the engine needs of a forward pass: token windows in, start and end logits out."""

    @property
    def max_tokens(self) -> int:
        """The longest window."""

    @property
    def token_budget(self) -> int:
        """Tokens that one pass should not exceed (a longer window goes alone)."""

    def logits(self, windows: Sequence[IntArray]) -> list[Logits]:
        """Logits of every window (int64 ids [tokens] each), in order, by one forward pass over all of them."""

    def describe(self) -> dict[str, str]:
        """What it runs on, for logs and for people."""
