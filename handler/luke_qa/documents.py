"""The documents of a query: their tokens, and which of them are read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from luke_qa.errors import InvalidValue, Part, check_deadline
from luke_qa.tokenizer import IntArray, TokenizedText, Tokenizer


@dataclass(frozen=True, slots=True, eq=False)
class Documents:
    """The tokens of every context, and the numbers of those that are read.

    A context without readable text is not read, and of equal ones only the first is.
    """

    tokens: tuple[TokenizedText, ...]
    read: tuple[int, ...]

    @property
    def lengths(self) -> IntArray:
        """int64 [documents read]: tokens of each."""
        return np.array([len(self.tokens[number]) for number in self.read])

    @property
    def ids(self) -> IntArray:
        """int64 [tokens of the documents read]: their ids, joined."""
        return np.concatenate([self.tokens[number].ids for number in self.read])


def tokenize_documents(tokenizer: Tokenizer, contexts: Sequence[str], deadline: float) -> Documents:
    """Tokenize every distinct context once.

    Raises:
        InvalidValue: no context contains readable text.
        DeadlineExceeded: the deadline, in seconds of the monotonic clock, has passed.
    """
    first: dict[str, int] = {}
    tokens = list[TokenizedText]()
    for number, context in enumerate(contexts):
        check_deadline(deadline)
        same = first.setdefault(context, number)
        tokens.append(tokenizer.tokenize(context) if same == number else tokens[same])
    read = tuple(number for number in first.values() if len(tokens[number]))
    if not read:
        raise InvalidValue("{part} contains no readable text.", Part("context", 0 if len(contexts) == 1 else None))
    return Documents(tuple(tokens), read)
