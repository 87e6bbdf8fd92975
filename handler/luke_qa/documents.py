"""The documents of a query: their tokens, and which of them are read."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from luke_qa.errors import InvalidValue, Part, check_deadline
from luke_qa.query import Query
from luke_qa.tokenizer import IntArray, TokenizedText, Tokenizer

TITLE_CHARS: Final = 200  # of a title that count


@dataclass(frozen=True, slots=True, eq=False)
class Documents:
    """The tokens of every context, the numbers of those that are read, and the ids of their titles.

    A context without readable text is not read, and of equal ones only the first is.
    """

    tokens: tuple[TokenizedText, ...]
    read: tuple[int, ...]
    titles: tuple[IntArray, ...]

    @property
    def lengths(self) -> IntArray:
        """int64 [documents read]: tokens of each."""
        return np.array([len(self.tokens[number]) for number in self.read])

    @property
    def title_lengths(self) -> IntArray:
        """int64 [documents read]: tokens of each one's title."""
        return np.array(list(map(len, self.titles)))

    @property
    def ids(self) -> IntArray:
        """int64: the ids of the documents read, then those of their titles, joined."""
        return np.concatenate([*(self.tokens[number].ids for number in self.read), *self.titles])


def tokenize_documents(tokenizer: Tokenizer, query: Query, deadline: float) -> Documents:
    """Tokenize every distinct context once, and the titles of those that are read.

    Raises:
        InvalidValue: no context contains readable text.
        DeadlineExceeded: the deadline, in seconds of the monotonic clock, has passed.
    """
    first: dict[str, int] = {}
    tokens = list[TokenizedText]()
    for number, context in enumerate(query.contexts):
        check_deadline(deadline)
        same = first.setdefault(context, number)
        tokens.append(tokenizer.tokenize(context) if same == number else tokens[same])
    read = tuple(number for number in first.values() if len(tokens[number]))
    if not read:
        raise InvalidValue(
            "{part} contains no readable text.", Part("context", 0 if len(query.contexts) == 1 else None)
        )
    titles = ((query.titles[number] or "") if query.titles else "" for number in read)
    return Documents(tuple(tokens), read, tuple(_title_ids(tokenizer, title) for title in titles))


def _title_ids(tokenizer: Tokenizer, title: str) -> IntArray:
    """A title is only returned as it is given, so one that is no valid text is no error."""
    return tokenizer.tokenize(title[:TITLE_CHARS].encode("utf-8", "ignore").decode()).ids
