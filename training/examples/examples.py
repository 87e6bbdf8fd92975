"""One training example: ``<s> question </s></s> context </s>`` and the position of the answer's tokens."""

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
    """A training example.

    ids [tokens]; start: the answer's first token; end: the token after its last. Both are 0 if there is no answer.
    maskable: its tokens may be masked for the language-model loss.
    """

    ids: Ids
    start: int
    end: int
    maskable: bool


class Source(Protocol):
    """An endless source of examples; the same ``rng`` state gives the same example."""

    def draw(self, rng: random.Random, reach: float = 1.0) -> Example:
        """Draw an example.

        ``reach`` in [0, 1] is how far the run has moved from short answerable contexts to all lengths and kinds.
        """
        ...


def assemble(
    question: Ids,
    context: Ids,
    answer: tuple[int, int] | None,
    maskable: bool,
    rng: random.Random,
) -> Example:
    """Join question and context; cut a context that is too long to a window around the answer.

    ``answer`` is its tokens [first, last) in the context, or None.
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
    """Draw how many tokens of context an example should have.

    At ``reach`` 0 it is a sentence or two, since choosing among few spans is learnt from fewer tokens. At 1 it is
    mostly a paragraph, sometimes a whole window.
    """
    if rng.random() >= reach:
        return rng.randint(12, 90)
    kind = rng.random()
    if kind < 0.3:
        return rng.randint(30, 110)
    if kind < 0.9:
        return rng.randint(80, 230)
    return rng.randint(220, MAX_TOKENS)
