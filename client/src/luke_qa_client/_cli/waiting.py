"""A sign of life on standard error while an answer takes long, if that is a terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Final

_QUIET_SECONDS: Final = 0.5  # most answers arrive before, and show nothing


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show a spinner with the elapsed seconds, which disappears at the end; without a terminal, nothing."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    from rich import progress
    from rich.console import Console

    columns = (progress.SpinnerColumn(), progress.TextColumn("{task.description}"), progress.TimeElapsedColumn())
    spinner = progress.Progress(*columns, console=Console(file=sys.stderr), transient=True)
    spinner.add_task(what, total=None)
    timer = Timer(_QUIET_SECONDS, spinner.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # it may be starting the spinner
        spinner.stop()
