"""Decode like the ten lines of code on the model card, for parity with its published figures.

The answer is ``ids[argmax(start):argmax(end)]`` over the whole input, question and special tokens included. The two
ends are taken independently, the end is exclusive, and the text is what the tokenizer decodes (``<unk>`` for what is
not in the vocabulary).
"""

import numpy as np
from numpy.typing import NDArray

from luke_qa.query import Answers, Span
from luke_qa.spans import Document
from luke_qa.tokenizer import Tokenizer


def decode_card(tokenizer: Tokenizer, document: Document) -> Answers:
    """Return the card's answer from a document, which must fit into one window.

    The answer has a position if the slice lies inside the context. Its score is the product of the two softmax
    probabilities over the whole input; its place is not searched for other spans, so it has the same score.
    """
    (window,), (logits,), tokens = document.windows, document.logits, document.tokens
    start, end = int(logits.start.argmax()), int(logits.end.argmax())
    starts, ends = _softmax(logits.start), _softmax(logits.end)
    answer, score = tokenizer.decode(window.ids[start:end]), float(starts[start] * ends[end])
    no_answer = float(starts[0] * ends[0])
    first, last = start - window.first, end - 1 - window.first  # in context tokens
    if 0 <= first <= last < len(tokens):
        place = _strip(document.context, int(tokens.starts[first]), int(tokens.ends[last]))
        if place is not None:
            return Answers((Span(answer, score, *place, document.number),), no_answer, score)
    return Answers((Span(answer, score, None, None, None),), no_answer, score)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    weights = np.exp(logits.astype(np.float64) - logits.max())
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def _strip(context: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the position without leading and trailing whitespace, or None if nothing is left."""
    text = context[start:end]
    stripped = text.strip()
    if not stripped:
        return None
    start += len(text) - len(text.lstrip())
    return start, start + len(stripped)
