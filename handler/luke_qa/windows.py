"""Cut a question and a context into token windows.

Each window is ``<s> Q </s></s> C </s>``: the whole question and a part of the context. The parts overlap.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from luke_qa.errors import InvalidOption, Part, QuestionTooLong, TooLarge
from luke_qa.tokenizer import BOS, EOS, IntArray, TokenizedText

SPECIAL_TOKENS = 4  # <s>, </s></s>, </s>
# At least one in this many context tokens of a window must be new. Otherwise a long context would need endless windows.
MAX_CONTEXT_PER_NEW_TOKEN = 8
# Default limit on the tokens in all windows of one request.
MAX_WINDOW_TOKENS = 500_000


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One input of the model.

    ids: int64 [tokens]. The window contains question number ``question`` and the tokens ``context_start`` to
    ``context_end`` (exclusive) of document number ``document``, the first of them at ``ids[first]``.
    """

    ids: IntArray
    question: int
    document: int
    context_start: int
    context_end: int
    first: int


def make_windows(
    question: IntArray,
    context: TokenizedText,
    max_seq_len: int,
    doc_stride: int,
    token_limit: int = MAX_WINDOW_TOKENS,
    *,
    question_number: int = 0,
    document_number: int = 0,
) -> list[Window]:
    """Cut windows of at most ``max_seq_len`` tokens that together cover the whole context.

    Neighbours share ``doc_stride`` context tokens, so an answer that one window cuts off is whole in the next.

    Raises:
        QuestionTooLong: the context needs several windows, and the question leaves too little room for them to advance.
        InvalidOption: ``doc_stride`` leaves too little room even without a question.
        TooLarge: the windows would have more than about ``token_limit`` tokens. None is made.
    """
    prefix = np.concatenate(([BOS], question, [EOS, EOS]))
    room = max_seq_len - len(question) - SPECIAL_TOKENS
    needed = min(len(context), _min_room(doc_stride))
    if room < needed:
        max_question = max_seq_len - SPECIAL_TOKENS - needed
        if max_question < 1:
            raise InvalidOption(
                f"doc_stride {doc_stride} is too large for windows of {max_seq_len} tokens.", Part("doc_stride")
            )
        raise QuestionTooLong(
            f"The question has {len(question)} tokens, but a window of {max_seq_len} tokens with an "
            f"overlap of {doc_stride} has room for only {max_question}.",
            Part("question", question_number),
        )
    if len(context) > room:
        count = math.ceil((len(context) - room) / (room - doc_stride)) + 1
        if count * max_seq_len > token_limit:
            raise TooLarge(
                "The question and the context need too many windows: ask fewer questions at once, use less text, "
                "or set a smaller doc_stride.",
                Part("question", question_number),
            )
    return [
        Window(
            np.concatenate((prefix, context.ids[start:end], [EOS])),
            question_number,
            document_number,
            start,
            end,
            len(prefix),
        )
        for start, end in _slices(len(context), room, doc_stride)
    ]


def _min_room(doc_stride: int) -> int:
    """Context tokens that a window must have room for, so that the next one advances enough."""
    return max(doc_stride + 1, math.ceil(doc_stride * MAX_CONTEXT_PER_NEW_TOKEN / (MAX_CONTEXT_PER_NEW_TOKEN - 1)))


def _slices(length: int, room: int, overlap: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start + room < length:
        yield start, start + room
        start += room - overlap
    yield start, length
