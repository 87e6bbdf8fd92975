"""A progress bar on standard error, where that is a terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Is told of every result."""

    def __call__(self, position: int, *, failed: bool) -> None:
        """Move to a place in the whole, by one result."""


@contextmanager
def progress_bar(size: int | None, unit: str) -> Iterator[Progress]:
    """Yield what moves a bar through a whole of this size, counting results in `unit`; without a terminal, nothing."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _nothing
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[told]}"),
        progress.TimeRemainingColumn(elapsed_when_finished=True),
    )
    with progress.Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("", total=size, told="")
        results = failures = 0

        def move(position: int, *, failed: bool) -> None:
            nonlocal results, failures
            if not results:  # the first of this run, which may go on from far within the whole
                bar.reset(task, total=size, completed=position)
            results += 1
            failures += failed
            rate = results / max(bar.tasks[0].elapsed or 0.0, 1.0)
            told = f"{rate:,.0f} {unit}/s" + (f", {failures:,} failed" if failures else "")
            bar.update(task, completed=position, told=told)

        yield move


def _nothing(position: int, *, failed: bool) -> None:
    pass
