"""What the engine needs from a backend: the ``Model`` protocol and the ``Logits`` that it returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray

# On a CPU, a batch only has to keep the cores busy.
CPU_TOKEN_BUDGET = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Logits:
    """Start and end logits of one window: float32 [tokens] each."""

    start: NDArray[np.float32]
    end: NDArray[np.float32]


class DeviceLost(Exception):
    """The device computes nothing more in this process. A GPU ends a process's context after some errors; only a new
    process gets a new one.
    """


class Model(Protocol):
    """A forward pass: token windows in, start and end logits out."""

    @property
    def max_tokens(self) -> int:
        """The maximum window length."""

    @property
    def token_budget(self) -> int:
        """The maximum number of tokens per pass (a longer window gets a pass of its own)."""

    def logits(self, windows: Sequence[IntArray]) -> list[Logits]:
        """Return the logits of every window (int64 ids [tokens] each), in order, from one forward pass over all.

        Raises:
            DeviceLost: the pass failed, and so will every other one. Any other exception is of this pass alone.
        """

    def describe(self) -> dict[str, str]:
        """Return what it runs on, for logs and people."""
