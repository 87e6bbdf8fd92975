"""A progress bar on standard error, if that is a terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """A function to call with every result."""

    def __call__(self, position: int, *, failed: bool) -> None:
        """Count one more result, and move to this position."""


@contextmanager
def progress_bar(size: int | None, unit: str) -> Iterator[Progress]:
    """Yield a function that moves a bar up to ``size`` and counts results in ``unit``; without a terminal, a no-op."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _nothing
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[text]}"),
        progress.TimeRemainingColumn(elapsed_when_finished=True),
    )
    with progress.Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("", total=size, text="")
        results = failures = 0

        def move(position: int, *, failed: bool) -> None:
            nonlocal results, failures
            if not results:  # a resumed run may start far from 0
                bar.reset(task, total=size, completed=position)
            results += 1
            failures += failed
            rate = results / max(bar.tasks[0].elapsed or 0.0, 1.0)
            text = f"{rate:,.0f} {unit}/s" + (f", {failures:,} failed" if failures else "")
            bar.update(task, completed=position, text=text)

        yield move


def _nothing(position: int, *, failed: bool) -> None:
    pass
