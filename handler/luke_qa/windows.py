"""A question and a context become token windows: ``<s> Q </s></s> C </s>``, the context cut into overlapping parts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from luke_qa.errors import QuestionTooLong
from luke_qa.tokenizer import BOS, EOS, IntArray, TokenizedText

SPECIAL_TOKENS = 4  # <s>, </s></s>, </s>


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One input of the model.

    ids: int64 [tokens]. It shows tokens ``context_start`` to ``context_end`` (exclusive) of the context;
    the first of them stands at ``ids[first]``.
    """

    ids: IntArray
    context_start: int
    context_end: int
    first: int


def make_windows(question: IntArray, context: TokenizedText, max_seq_len: int, doc_stride: int) -> list[Window]:
    """Windows of at most ``max_seq_len`` tokens that together show the whole context.

    Neighbours share ``doc_stride`` context tokens, so that an answer cut by one window's border stands
    whole in the next.

    Raises:
        QuestionTooLong: the context needs several windows and the question leaves none of them more than
            ``doc_stride`` tokens of context.
    """
    prefix = np.concatenate(([BOS], question, [EOS, EOS]))
    room = max_seq_len - len(question) - SPECIAL_TOKENS
    if len(context) > room and room <= doc_stride:
        # Every window must go on by at least one token.
        limit = max_seq_len - SPECIAL_TOKENS - min(doc_stride + 1, len(context))
        raise QuestionTooLong(
            f"The question has {len(question)} tokens, but a window of {max_seq_len} tokens that moves on "
            f"by overlaps of {doc_stride} leaves room for {max(0, limit)}."
        )
    return [
        Window(np.concatenate((prefix, context.ids[start:end], [EOS])), start, end, len(prefix))
        for start, end in _slices(len(context), room, doc_stride)
    ]


def _slices(length: int, room: int, overlap: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start + room < length:
        yield start, start + room
        start += room - overlap
    yield start, length
