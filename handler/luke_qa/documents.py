"""Documents as they are read: their lines joined if that is asked for, their tokens, and what they share.

None of it depends on a question, so documents that many questions are asked over are read once.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from luke_qa.errors import InvalidValue, Part, check_deadline
from luke_qa.lines import Reading, join_lines
from luke_qa.overlaps import Overlap, find_overlaps
from luke_qa.tokenizer import IntArray, TokenizedText, Tokenizer

TITLE_CHARS: Final = 200  # of a title that count

_TOKENS_OF_A_TEXT = 32  # the memory that a text takes besides its tokens, in tokens


@dataclass(frozen=True, eq=False)
class Documents:
    """The texts of a query's contexts as they are read, their tokens, and the numbers of those that are read.

    A context without readable text is not read, and of equal ones only the first is. ``overlaps`` are those among the
    documents that are read. If lines were joined, ``contexts`` are the texts of ``readings``; otherwise there are none.
    """

    contexts: tuple[str, ...]
    tokens: tuple[TokenizedText, ...]
    read: tuple[int, ...]
    overlaps: tuple[Overlap, ...]
    readings: tuple[Reading, ...] = ()

    @cached_property
    def lengths(self) -> IntArray:
        """int64 [documents read]: tokens of each."""
        return np.array([len(self.tokens[number]) for number in self.read])

    @cached_property
    def ids(self) -> IntArray:
        """int64 [tokens of the documents read]: their ids, joined."""
        return np.concatenate([self.tokens[number].ids for number in self.read])


def title_ids(tokenizer: Tokenizer, titles: Sequence[str | None], documents: Documents) -> tuple[IntArray, ...]:
    """Return int64 [tokens] for the title of each document read, or nothing if no context has a title.

    A title is only returned as it is given, so one that is no valid text is no error.
    """
    if not any(titles):
        return ()
    given = [(titles[number] or "")[:TITLE_CHARS] for number in documents.read]
    return tuple(tokenizer.tokenize(title.encode("utf-8", "ignore").decode()).ids for title in given)


class DocumentReader:
    """Reads documents. It remembers the texts that it read last, up to ``remembered`` tokens in total."""

    def __init__(self, tokenizer: Tokenizer, remembered: int = 0) -> None:
        self._tokenizer = tokenizer
        self._capacity = remembered
        self._used = 0
        self._memory = OrderedDict[tuple[str, bool], _Text]()  # the latest last

    def read(self, contexts: Sequence[str], with_joined_lines: bool, deadline: float) -> Documents:
        """Read every distinct context once.

        Raises:
            InvalidValue: no context contains readable text.
            DeadlineExceeded: the deadline, in seconds of the monotonic clock, has passed.
        """
        found: dict[str, _Text] = {}
        for context in contexts:
            if context not in found:
                check_deadline(deadline)
                found[context] = self._recall(context, with_joined_lines)
        texts = [found[context] for context in contexts]
        first: dict[str, int] = {}
        for number, text in enumerate(texts):
            first.setdefault(text.text, number)
        read = tuple(number for number in first.values() if len(texts[number].tokens))
        if not read:
            raise InvalidValue("{part} contains no readable text.", Part("context", 0 if len(contexts) == 1 else None))
        as_read = tuple(text.text for text in texts)
        return Documents(
            as_read,
            tuple(text.tokens for text in texts),
            read,
            find_overlaps(as_read, read),
            tuple(text.reading for text in texts if text.reading is not None),
        )

    def _recall(self, context: str, with_joined_lines: bool) -> "_Text":
        if not self._capacity:
            return self._read(context, with_joined_lines)
        key = (context, with_joined_lines)
        text = self._memory.pop(key, None)
        if text is None:
            text = self._read(context, with_joined_lines)
            self._used += text.size
        self._memory[key] = text
        while self._used > self._capacity:
            _, oldest = self._memory.popitem(last=False)
            self._used -= oldest.size
        return text

    def _read(self, context: str, with_joined_lines: bool) -> "_Text":
        reading = join_lines(context) if with_joined_lines else None
        text = context if reading is None else reading.text
        return _Text(text, self._tokenizer.tokenize(text), reading)


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    """A context as it is read, its tokens, and where it stands in the context as given, if its lines were joined."""

    text: str
    tokens: TokenizedText
    reading: Reading | None

    @property
    def size(self) -> int:
        """What it takes in memory, in tokens."""
        return len(self.tokens) + _TOKENS_OF_A_TEXT
