"""One training example: `<s> question </s></s> context </s>` and where the answer's tokens are."""

import random
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from luke_qa.tokenizer import BOS, EOS

Ids = npt.NDArray[np.uint16]
MAX_TOKENS = 512
SPECIAL_TOKENS = 4
MAX_QUESTION = 80


@dataclass(frozen=True, slots=True)
class Example:
    """ids [tokens]; start: the answer's first token; end: the token after its last. Both 0: no answer.

    maskable: tokens of it may be masked for the language-model loss.
    """

    ids: Ids
    start: int
    end: int
    maskable: bool


class Source(Protocol):
    """Something that makes examples for ever; the same `rng` state gives the same example."""

    def draw(self, rng: random.Random, reach: float = 1.0) -> Example:
        """`reach` in [0, 1]: how far the run has come from short answerable contexts to all lengths and kinds."""
        ...


def assemble(
    question: Ids,
    context: Ids,
    answer: tuple[int, int] | None,
    maskable: bool,
    rng: random.Random,
) -> Example:
    """Put question and context together; a context that is too long is cut to a window around the answer.

    answer: its tokens [first, last) in the context, or None.
    """
    question = question[:MAX_QUESTION]
    room = MAX_TOKENS - len(question) - SPECIAL_TOKENS
    if len(context) > room:
        first, last = answer or (0, 1)
        low, high = max(0, last - room), min(first, len(context) - room)
        cut = rng.randint(min(low, high), high)
        context = context[cut : cut + room]
        answer = (first - cut, last - cut) if answer else None
    ids = np.empty(len(question) + len(context) + SPECIAL_TOKENS, np.uint16)
    base = len(question) + 3
    ids[0], ids[base - 2], ids[base - 1], ids[-1] = BOS, EOS, EOS, EOS
    ids[1 : base - 2] = question
    ids[base:-1] = context
    if answer is None:
        return Example(ids, 0, 0, maskable)
    return Example(ids, base + answer[0], base + answer[1], maskable)


def context_budget(rng: random.Random, reach: float = 1.0) -> int:
    """How many tokens of context an example shall have: a sentence or two where the run begins (`reach` 0), since a
    span among few is learnt from fewer tokens; in the end (1) mostly a paragraph, at times a whole window.
    """
    if rng.random() >= reach:
        return rng.randint(12, 90)
    kind = rng.random()
    if kind < 0.3:
        return rng.randint(30, 110)
    if kind < 0.9:
        return rng.randint(80, 230)
    return rng.randint(220, MAX_TOKENS)
