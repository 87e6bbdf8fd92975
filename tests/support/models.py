"""A stand-in for the model, where a test needs to say what the logits are or when a forward pass fails."""

from collections.abc import Callable, Sequence

import numpy as np

from luke_qa.backends.base import Logits
from luke_qa.tokenizer import IntArray

Script = Callable[[IntArray], Logits]


class ScriptedModel:
    """Gives every window the logits that ``script`` says (which may raise), and remembers its passes."""

    def __init__(self, script: Script, token_budget: int = 2048, max_tokens: int = 128) -> None:
        self.script = script
        self.token_budget = token_budget
        self.max_tokens = max_tokens
        self.passes: list[list[int]] = []  # the window lengths of every pass

    def logits(self, windows: Sequence[IntArray]) -> list[Logits]:
        self.passes.append([len(ids) for ids in windows])
        return [self.script(ids) for ids in windows]

    def describe(self) -> dict[str, str]:
        return {"device": "paper"}


def flat(ids: IntArray) -> Logits:
    """Every span as likely as any other."""
    zeros = np.zeros(len(ids), dtype=np.float32)
    return Logits(zeros, zeros)


def rough(ids: IntArray) -> Logits:
    """Random logits that are always the same for the same ids."""
    rng = np.random.default_rng(ids)
    start, end = rng.normal(scale=3, size=(2, len(ids))).astype(np.float32)
    return Logits(start, end)
