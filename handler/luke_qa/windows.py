"""Cut a question and a context into token windows.

Each window is ``<s> Q </s></s> C </s>``: the whole question and a part of the context. The parts overlap.
"""

import math
from dataclasses import dataclass

import numpy as np

from luke_qa.errors import InvalidOption, Part, QuestionTooLong
from luke_qa.tokenizer import BOS, EOS, IntArray, TokenizedText

SPECIAL_TOKENS = 4  # <s>, </s></s>, </s>
# At least one in this many context tokens of a window must be new. Otherwise a long context would need endless windows.
MAX_CONTEXT_PER_NEW_TOKEN = 8


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One input of the model.

    ids: int64 [tokens]. The window contains question number ``question`` and the tokens ``context_start`` to
    ``context_end`` (exclusive) of document number ``document``, the first of them at ``ids[first]``. ``prior`` is
    added to the energy of its spans: how much more or less likely it was to hold the answer, before it was read.
    """

    ids: IntArray
    question: int
    document: int
    context_start: int
    context_end: int
    first: int
    prior: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """How the windows of a question divide a context of ``tokens`` tokens.

    Every window has the ids ``prefix``, then up to ``room`` context tokens, ``overlap`` of them shared with the next.
    """

    prefix: IntArray
    tokens: int
    room: int
    overlap: int

    def __len__(self) -> int:
        return 1 + max(0, math.ceil((self.tokens - self.room) / (self.room - self.overlap)))

    @property
    def starts(self) -> IntArray:
        """int64 [windows]: the first context token of each window."""
        return np.arange(len(self), dtype=np.int64) * (self.room - self.overlap)

    @property
    def ends(self) -> IntArray:
        """int64 [windows]: the end of each window's context tokens, exclusive."""
        return np.minimum(self.starts + self.room, self.tokens)

    @property
    def total(self) -> int:
        """Tokens of all windows."""
        return len(self) * (len(self.prefix) + 1) + self.tokens + (len(self) - 1) * self.overlap

    def length(self, index: int) -> int:
        """Tokens of window number ``index``."""
        start = index * (self.room - self.overlap)
        return len(self.prefix) + min(self.room, self.tokens - start) + 1

    def window(
        self, index: int, context: TokenizedText, *, question: int = 0, document: int = 0, prior: float = 0.0
    ) -> Window:
        """Return window number ``index``."""
        start = index * (self.room - self.overlap)
        end = min(start + self.room, self.tokens)
        ids = np.concatenate((self.prefix, context.ids[start:end], [EOS]))
        return Window(ids, question, document, start, end, len(self.prefix), prior)


def make_windows(question: IntArray, context: TokenizedText, max_seq_len: int, doc_stride: int) -> list[Window]:
    """Return the windows that together cover the whole context; as for ``cut_windows``."""
    cut = cut_windows(question, len(context), max_seq_len, doc_stride)
    return [cut.window(index, context) for index in range(len(cut))]


def cut_windows(
    question: IntArray, context_tokens: int, max_seq_len: int, doc_stride: int, *, question_number: int = 0
) -> Cut:
    """Divide a context of ``context_tokens`` tokens into windows of at most ``max_seq_len`` tokens.

    Neighbours share ``doc_stride`` context tokens, so an answer that one window cuts off is whole in the next.

    Raises:
        QuestionTooLong: the context needs several windows, and the question leaves too little room for them to advance.
        InvalidOption: ``doc_stride`` leaves too little room even without a question.
    """
    room = max_seq_len - len(question) - SPECIAL_TOKENS
    needed = min(context_tokens, _min_room(doc_stride))
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
    return Cut(np.concatenate(([BOS], question, [EOS, EOS])), context_tokens, room, min(doc_stride, room - 1))


def _min_room(doc_stride: int) -> int:
    """Context tokens that a window must have room for, so that the next one advances enough."""
    return max(doc_stride + 1, math.ceil(doc_stride * MAX_CONTEXT_PER_NEW_TOKEN / (MAX_CONTEXT_PER_NEW_TOKEN - 1)))
