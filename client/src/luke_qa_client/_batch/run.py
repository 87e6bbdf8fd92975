"""A batch, from the first row that is not done to the last, or to an interruption."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Final, Protocol, Unpack

from .._answers import Answer
from .._client import LukeQAClient
from .._errors import LukeQAError
from .._request import AskOptions
from .asking import Result, ask_rows
from .formats import Source
from .patience import while_served
from .rows import COLUMNS, Columns, Row
from .state import Counts

_COMMIT_ROWS: Final = 1000
COMMIT_SECONDS: Final = 0.5
_HEADER_ROWS: Final = 1000  # the first rows; the first of them that can be asked defines the columns


class Destination(Protocol):
    """An output of results."""

    @property
    def counts(self) -> Counts:
        """The rows that it contains."""

    def commit(self, results: Sequence[Result]) -> None:
        """Add the next rows."""

    def finish(self) -> None:
        """Complete the output, after the last row."""


def rows_and_columns(source: Source, columns: Columns = COLUMNS) -> tuple[Iterator[Row], Sequence[str]]:
    """Return the rows of a source, and the columns of a table of them.

    If the columns differ by row, the first row that can be asked defines them, and a row with any other column has a
    problem.
    """
    rows = source.rows()
    if source.columns is not None:
        return rows, source.columns
    first: list[Row] = []
    for row in islice(rows, _HEADER_ROWS):
        first.append(row)
        if row.problem is None:
            break
    names = list(first[-1].values) if first and first[-1].problem is None else list(columns.needed)
    return (row.checked_against(names) for row in chain(first, rows)), names


def run_batch(
    client: LukeQAClient,
    rows: Iterator[Row],
    destination: Destination,
    *,
    concurrency: int,
    commit_seconds: float = COMMIT_SECONDS,
    progress: Callable[[Row, Answer | LukeQAError], object] = lambda row, result: None,
    **options: Unpack[AskOptions],
) -> None:
    """Ask the rows that the destination does not have yet, and add the results to it.

    Args:
        client: the client that asks.
        rows: all rows of the input.
        destination: the output, which already has the first rows if it was started before. However the run
            ends, it receives every result so far.
        concurrency: the number of requests in flight at once.
        commit_seconds: how many seconds of results a kill may lose.
        progress: called with each row and its result.
        **options: see ``AskOptions``.

    Raises:
        ServerLostError: the server no longer answers.
        InputError: the rest of the input cannot be read.
    """
    missing = islice(rows, destination.counts.rows, None)
    waiting: list[Result] = []
    due = time.monotonic() + commit_seconds
    try:
        for row, result in while_served(client, ask_rows(client, missing, concurrency, **options)):
            waiting.append((row, result))
            progress(row, result)
            if len(waiting) >= _COMMIT_ROWS or time.monotonic() >= due:
                ready, waiting = waiting, []  # emptied first: an interrupted commit is not repeated
                destination.commit(ready)
                due = time.monotonic() + commit_seconds
    finally:
        destination.commit(waiting)
    destination.finish()
