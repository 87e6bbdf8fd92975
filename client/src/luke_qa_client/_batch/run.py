"""A batch, from the first row that is not dealt with to the last, or to where it is stopped."""

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
from .rows import Row
from .state import Counts

_ROWS_TOGETHER: Final = 1000
SECONDS_TOGETHER: Final = 0.5
_ROWS_LOOKED_AT: Final = 1000


class Destination(Protocol):
    """Where results go."""

    @property
    def counts(self) -> Counts:
        """The rows that have come there."""

    def commit(self, results: Sequence[Result]) -> None:
        """Add the next rows."""

    def finish(self) -> None:
        """Make the output whole: there are no more."""


def rows_and_columns(source: Source) -> tuple[Iterator[Row], Sequence[str]]:
    """Return the rows of a source, and the columns that a table of them has.

    Where each row has its own columns, those of the first that can be asked are the table's, and further ones elsewhere
    a problem of their row.
    """
    rows = source.rows()
    if source.columns is not None:
        return rows, source.columns
    first: list[Row] = []
    for row in islice(rows, _ROWS_LOOKED_AT):
        first.append(row)
        if row.problem is None:
            break
    columns = list(first[-1].values) if first and first[-1].problem is None else ["question", "context"]
    return (row.fitted(columns) for row in chain(first, rows)), columns


def run_batch(
    client: LukeQAClient,
    rows: Iterator[Row],
    destination: Destination,
    *,
    concurrency: int,
    seconds_together: float = SECONDS_TOGETHER,
    progress: Callable[[Row, Answer | LukeQAError], object] = lambda row, result: None,
    **options: Unpack[AskOptions],
) -> None:
    """Ask the rows that the destination does not have yet, and add them to it.

    Args:
        client: asks.
        rows: all of the input.
        destination: has the first rows already if it was begun before; whatever ends this, it has what was answered.
        concurrency: how many requests are on their way at once.
        seconds_together: at most so many seconds of answers are lost by a kill.
        progress: called with each row and its result.
        **options: see `AskOptions`.

    Raises:
        ServerLostError: the server answers nothing any more.
        InputError: the input cannot be read on.
    """
    missing = islice(rows, destination.counts.rows, None)
    waiting: list[Result] = []
    due = time.monotonic() + seconds_together
    try:
        for row, result in while_served(client, ask_rows(client, missing, concurrency, **options)):
            waiting.append((row, result))
            progress(row, result)
            if len(waiting) >= _ROWS_TOGETHER or time.monotonic() >= due:
                ready, waiting = waiting, []  # taken before they are added: what is interrupted is not added twice
                destination.commit(ready)
                due = time.monotonic() + seconds_together
    finally:
        destination.commit(waiting)
    destination.finish()
