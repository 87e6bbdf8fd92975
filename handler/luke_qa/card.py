"""Decoding as the model card's ten lines do it, for parity with its published figures.

``ids[argmax(start):argmax(end)]`` over the whole input, question and special tokens included: the two ends
are taken independently, the end is exclusive, and the answer is the tokenizer's decoded string (``<unk>``
where the vocabulary ends).
"""

import numpy as np
from numpy.typing import NDArray

from luke_qa.model import Logits
from luke_qa.query import Answers, Span
from luke_qa.tokenizer import TokenizedText, Tokenizer
from luke_qa.windows import Window


def decode_card(tokenizer: Tokenizer, context: TokenizedText, document: int, window: Window, logits: Logits) -> Answers:
    """The card's answer, from the one window that shows the whole context.

    Its place is given where the slice lies inside the context. Its score is the product of the two softmax
    probabilities over the whole input.
    """
    start, end = int(logits.start.argmax()), int(logits.end.argmax())
    starts, ends = _softmax(logits.start), _softmax(logits.end)
    answer, score = tokenizer.decode(window.ids[start:end]), float(starts[start] * ends[end])
    first, last = start - window.first, end - 1 - window.first  # in context tokens
    if 0 <= first <= last < len(context):
        span = Span(answer, score, int(context.starts[first]), int(context.ends[last]), document)
    else:
        span = Span(answer, score, None, None, None)
    return Answers((span,), float(starts[0] * ends[0]))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    weights = np.exp(logits.astype(np.float64) - logits.max())
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities
