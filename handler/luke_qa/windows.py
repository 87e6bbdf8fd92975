"""Cut a question and documents into token windows.

Each window is ``<s> Q </s></s> C </s>``: the whole question and a part of a document. The parts overlap.
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
    """How the windows of a question divide documents.

    lengths: int64 [documents], in tokens. Every window has the ids ``prefix``, then up to ``room`` context tokens,
    ``overlap`` of them shared with the next one of its document.
    """

    prefix: IntArray
    lengths: IntArray
    room: int
    overlap: int

    def __len__(self) -> int:
        return int(self.counts.sum())

    @property
    def counts(self) -> IntArray:
        """int64 [documents]: windows of each."""
        rest = np.maximum(0, self.lengths - self.room)
        return 1 - -rest // (self.room - self.overlap)  # rounded up

    @property
    def total(self) -> int:
        """Tokens of all windows."""
        windows, documents = len(self), len(self.lengths)
        return windows * (len(self.prefix) + 1) + int(self.lengths.sum()) + (windows - documents) * self.overlap

    def length(self, context_tokens: int) -> int:
        """Tokens of a window with so many context tokens, question and special tokens included."""
        return len(self.prefix) + context_tokens + 1

    def places(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return int64 [windows], three times: the document of each window, its first context token, and its end."""
        counts = self.counts
        owners = np.repeat(np.arange(len(counts)), counts)
        firsts = np.cumsum(counts) - counts
        starts = (np.arange(len(owners)) - firsts[owners]) * (self.room - self.overlap)
        return owners, starts, np.minimum(starts + self.room, self.lengths[owners])

    def window(
        self, start: int, end: int, context: TokenizedText, *, question: int = 0, document: int = 0, prior: float = 0.0
    ) -> Window:
        """Return the window of these context tokens."""
        ids = np.concatenate((self.prefix, context.ids[start:end], [EOS]))
        return Window(ids, question, document, start, end, len(self.prefix), prior)


def make_windows(question: IntArray, context: TokenizedText, max_seq_len: int, doc_stride: int) -> list[Window]:
    """Return the windows that together cover the whole context; as for ``cut_windows``."""
    cut = cut_windows(question, np.array([len(context)]), max_seq_len, doc_stride)
    _, starts, ends = cut.places()
    return [cut.window(start, end, context) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def cut_windows(
    question: IntArray, lengths: IntArray, max_seq_len: int, doc_stride: int, *, question_number: int = 0
) -> Cut:
    """Divide documents of ``lengths`` tokens (at least one) into windows of at most ``max_seq_len`` tokens.

    Neighbours share ``doc_stride`` context tokens, so an answer that one window cuts off is whole in the next.

    Raises:
        QuestionTooLong: a document needs several windows, and the question leaves too little room for them to advance.
        InvalidOption: ``doc_stride`` leaves too little room even without a question.
    """
    room = max_seq_len - len(question) - SPECIAL_TOKENS
    needed = min(int(lengths.max()), _min_room(doc_stride))
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
    return Cut(np.concatenate(([BOS], question, [EOS, EOS])), lengths, room, min(doc_stride, room - 1))


def _min_room(doc_stride: int) -> int:
    """Context tokens that a window must have room for, so that the next one advances enough."""
    return max(doc_stride + 1, math.ceil(doc_stride * MAX_CONTEXT_PER_NEW_TOKEN / (MAX_CONTEXT_PER_NEW_TOKEN - 1)))
