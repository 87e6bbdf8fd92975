"""A question and a context become token windows: ``<s> Q </s></s> C </s>``, the context cut into overlapping parts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from luke_qa.errors import InvalidOption, QuestionTooLong, TooLarge
from luke_qa.tokenizer import BOS, EOS, IntArray, TokenizedText

SPECIAL_TOKENS = 4  # <s>, </s></s>, </s>
# The part of a window's context that must be new, at least: one in eight tokens. With less, a long context would become
# countless windows.
NEW_PART = 8
# What the windows of one request may hold in all, unless the server is set otherwise.
MAX_WINDOW_TOKENS = 500_000


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


def make_windows(
    question: IntArray,
    context: TokenizedText,
    max_seq_len: int,
    doc_stride: int,
    token_limit: int = MAX_WINDOW_TOKENS,
) -> list[Window]:
    """Windows of at most ``max_seq_len`` tokens that together show the whole context.

    Neighbours share ``doc_stride`` context tokens, so that an answer cut by one window's border stands
    whole in the next.

    Raises:
        QuestionTooLong: the context needs several windows, and beside the question they would hardly advance.
        InvalidOption: beside no question at all would they advance.
        TooLarge: the windows would hold more than about ``token_limit`` tokens; none was made.
    """
    prefix = np.concatenate(([BOS], question, [EOS, EOS]))
    room = max_seq_len - len(question) - SPECIAL_TOKENS
    needed = min(len(context), _least_room(doc_stride))
    if room < needed:
        most = max_seq_len - SPECIAL_TOKENS - needed
        if most < 1:
            raise InvalidOption(
                f"doc_stride {doc_stride} is too large for windows of {max_seq_len} tokens.", "doc_stride"
            )
        raise QuestionTooLong(
            f"The question has {len(question)} tokens, but a window of {max_seq_len} tokens that shares "
            f"{doc_stride} with the next leaves room for {most}."
        )
    if len(context) > room:
        count = math.ceil((len(context) - room) / (room - doc_stride)) + 1
        if count * max_seq_len > token_limit:
            raise TooLarge(
                "The question and the context make too many windows: ask fewer questions at once, over less text, "
                "or with a smaller doc_stride."
            )
    return [
        Window(np.concatenate((prefix, context.ids[start:end], [EOS])), start, end, len(prefix))
        for start, end in _slices(len(context), room, doc_stride)
    ]


def _least_room(doc_stride: int) -> int:
    """Context tokens that a window must have room for, so that the next one advances enough."""
    return max(doc_stride + 1, math.ceil(doc_stride * NEW_PART / (NEW_PART - 1)))


def _slices(length: int, room: int, overlap: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start + room < length:
        yield start, start + room
        start += room - overlap
    yield start, length
