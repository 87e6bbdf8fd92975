"""Rows asked in order."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final, Unpack

from .._answers import Answer
from .._client import LukeQAClient
from .._errors import LukeQAError
from .._request import AskOptions, Pair
from .rows import Row, row_error

Result = tuple[Row, Answer | LukeQAError]

_BLOCK: Final = 10_000  # rows; it bounds how many invalid rows wait to be returned


def ask_rows(
    client: LukeQAClient, rows: Iterator[Row], concurrency: int, **options: Unpack[AskOptions]
) -> Iterator[Result]:
    """Yield for each row, in order, its answer or its error, in bounded memory."""
    asked: deque[Row] = deque()

    def pairs(block: Iterator[Row]) -> Iterator[Pair]:
        for row in block:
            asked.append(row)
            if row.problem is None:
                yield row.question, row.context

    while (first := next(rows, None)) is not None:
        block = pairs(_chain(first, islice(rows, _BLOCK - 1)))
        for result in client.ask_many(block, concurrency=concurrency, **options):
            while (problem := asked[0].problem) is not None:
                yield asked.popleft(), row_error(problem)
            yield asked.popleft(), result
        while asked:
            row = asked.popleft()
            yield row, row_error(row.problem or "")


def _chain(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest
