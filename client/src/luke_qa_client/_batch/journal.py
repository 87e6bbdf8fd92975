"""The files of a batch, written so that neither a kill nor a power cut loses or doubles a row.

Answers go to ``OUT.part`` and errors to their own file; then ``OUT.state`` says, in one step, how many rows are dealt
with and how long both files are. What stands beyond that length, such as a torn last line, is cut off by the run that
goes on. In the end the whole becomes ``OUT``.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from .._answers import Answer
from .asking import Result
from .disk import beside, write_through
from .formats import Sink
from .rows import error_values
from .state import Counts, State, read_state, write_state
from .values import json_line

if sys.platform != "win32":
    from fcntl import LOCK_EX, LOCK_NB, flock

_FORMAT: Final = 1


class JournalError(Exception):
    """The output cannot be begun or gone on with; the message says why."""


class Journal:
    """Output that can be gone on with; a context manager. One process at a time."""

    def __init__(self, out: Path, errors: Path, sink: Sink, begun: dict[str, Any]) -> None:
        """Begin a batch, or go on with one that was begun with the same input and settings: `begun`.

        Raises:
            JournalError: there is an output that this batch has not begun.
        """
        self._out, self._errors, self._sink = out, errors, sink
        self._part_path, self._state_path = beside(out, ".part"), beside(out, ".state")
        begun = {"format": _FORMAT, "errors": str(errors.resolve()), **begun}
        found = self._found_state(begun)
        try:
            self._part = self._part_path.open("ab")
        except OSError as error:
            raise JournalError(f"{self._part_path} cannot be written: {error.strerror}.") from error
        try:
            self._lock()
            self._state = found or State(begun)
            self._cut()
            if not (self.counts.rows or self._state.part_bytes):
                write_state(self._state_path, self._state)
                self._append(sink.header(), b"", self.counts)
        except BaseException:
            self._part.close()
            raise

    @property
    def counts(self) -> Counts:
        return self._state.counts

    def commit(self, results: Sequence[Result]) -> None:
        """Add the next rows: all of them or, where this is interrupted, none."""
        answers = [(row, result) for row, result in results if isinstance(result, Answer)]
        errors = [error_values(row, result) for row, result in results if not isinstance(result, Answer)]
        self._append(self._sink.encode(answers), b"".join(map(json_line, errors)), self.counts.plus(results))

    def finish(self) -> None:
        """Make the output, now that every row has been added."""
        if self._out.exists():
            raise JournalError(f"{self._out} has come to exist, and is not overwritten.")
        write_state(self._state_path, replace(self._state, complete=True))
        self._part.close()
        self._sink.finish(self._part_path, self._out)
        self._state_path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._part.close()

    def _found_state(self, begun: dict[str, Any]) -> State | None:
        try:
            found = read_state(self._state_path)
        except ValueError as error:
            raise JournalError(str(error)) from error
        if self._out.exists():
            if found and found.complete:  # the run that made the output was ended before it had tidied up
                self._part_path.unlink(missing_ok=True)
                self._state_path.unlink()
            raise JournalError(f"{self._out} exists, and is not overwritten.")
        if found and found.begun != begun:
            raise JournalError(
                f"{self._part_path} was begun with another input or with other options. "
                f"Name another output, or remove it and {self._state_path}."
            )
        if self._errors.exists() and not self._errors.is_file():
            raise JournalError(f"{self._errors} is no regular file.")
        if not found:
            _check_empty(self._part_path)
        if not (found and found.errors_begun):
            _check_empty(self._errors)
        return found

    def _lock(self) -> None:
        if sys.platform == "win32":  # it has other locks; starting one batch twice at a time is not noticed there
            return
        try:
            flock(self._part, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise JournalError(f"Another run is writing {self._part_path}.") from error

    def _cut(self) -> None:
        """Leave in the files what the state says that they hold."""
        for path, length in ((self._part_path, self._state.part_bytes), (self._errors, self._state.error_bytes)):
            if _length(path) < length:
                raise JournalError(f"{path} has become shorter than {self._state_path} says.")
        os.truncate(self._part_path, self._state.part_bytes)
        if self._state.error_bytes:
            os.truncate(self._errors, self._state.error_bytes)
        elif self._state.errors_begun:  # by a run that was ended before its errors counted
            self._errors.unlink(missing_ok=True)
            self._state = replace(self._state, errors_begun=False)

    def _append(self, answers: bytes, errors: bytes, counts: Counts) -> None:
        if errors:
            self._append_errors(errors)
        write_through(self._part, answers)
        self._state = replace(
            self._state,
            counts=counts,
            part_bytes=self._state.part_bytes + len(answers),
            error_bytes=self._state.error_bytes + len(errors),
        )
        write_state(self._state_path, self._state)

    def _append_errors(self, errors: bytes) -> None:
        if not self._state.errors_begun:
            _check_empty(self._errors)
            self._state = replace(self._state, errors_begun=True)
            write_state(self._state_path, self._state)  # first: whatever comes there is known to be this batch's
        with self._errors.open("ab") as file:
            write_through(file, errors)


def _check_empty(path: Path) -> None:
    if _length(path):  # an empty one is what a run leaves that is ended before it has begun
        raise JournalError(f"{path} exists, and is not overwritten.")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
