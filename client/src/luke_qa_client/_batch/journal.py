"""The files of a batch. Neither a kill nor a power failure loses or repeats a row.

Answers are appended to ``OUT.part`` and errors to a separate file; then ``OUT.state`` is replaced atomically with
the number of rows done and the length of both files. A run that resumes truncates the files to these lengths, which
removes a half-written line. At the end, ``OUT.part`` becomes ``OUT``.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final, Self

from .._answers import Answer
from .asking import Result
from .disk import add_suffix, write_through
from .formats import Sink
from .rows import error_values
from .state import Counts, State, read_state, write_state
from .values import json_line

if sys.platform != "win32":
    from fcntl import LOCK_EX, LOCK_NB, flock

_FORMAT: Final = 1


class JournalError(Exception):
    """The output cannot be started or resumed; the message says why."""


class Journal:
    """Output that can be resumed, by one process at a time. A context manager."""

    def __init__(self, out: Path, errors: Path, sink: Sink, begun: dict[str, Any], *, force: bool = False) -> None:
        """Start a batch, or resume one that was started with the same input and settings (``begun``).

        With ``force``, start anew and replace what is there: the output at the end, the rest at once. A run that
        resumes such a batch, without ``force``, also replaces the output.

        Raises:
            JournalError: the output exists, or belongs to another batch.
        """
        self._out, self._errors, self._sink = out, errors, sink
        self._part_path, self._state_path = add_suffix(out, ".part"), add_suffix(out, ".state")
        begun = {"format": _FORMAT, "errors": str(errors.resolve()), **begun}
        if force:
            self._discard()
        found = self._found_state(begun, force)
        try:
            self._part = self._part_path.open("ab")
        except OSError as error:
            raise JournalError(f"{self._part_path} cannot be written: {error.strerror}.") from error
        try:
            self._lock(self._part)
            self._state = found or State(begun, replaces=force)
            self._truncate()
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
        """Add the next rows: all of them, or none if this is interrupted."""
        answers = [(row, result) for row, result in results if isinstance(result, Answer)]
        errors = [error_values(row, result) for row, result in results if not isinstance(result, Answer)]
        self._append(self._sink.encode(answers), b"".join(map(json_line, errors)), self.counts.plus(results))

    def finish(self) -> None:
        """Make the output, after every row has been added."""
        if self._out.exists() and not self._state.replaces:
            raise JournalError(f"{self._out} already exists: another program created it during this run.")
        write_state(self._state_path, replace(self._state, complete=True))
        self._part.close()
        self._sink.finish(self._part_path, self._out)
        self._state_path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._part.close()

    def _discard(self) -> None:
        for path in (self._part_path, self._state_path, self._errors):
            if path.exists() and not path.is_file():
                raise JournalError(f"{path} is not a regular file.")
        if self._part_path.exists():
            with self._part_path.open("ab") as part:
                self._lock(part)
        for path in (self._part_path, self._state_path, self._errors):
            path.unlink(missing_ok=True)

    def _found_state(self, begun: dict[str, Any], force: bool) -> State | None:
        try:
            found = read_state(self._state_path)
        except ValueError as error:
            raise JournalError(str(error)) from error
        if self._out.exists() and not force and not (found and self._will_replace(found)):
            if found and found.complete:  # the run that made the output was killed before it tidied up
                self._part_path.unlink(missing_ok=True)
                self._state_path.unlink()
            raise _already_exists(self._out)
        if found and found.begun != begun:
            raise JournalError(
                f"{self._part_path} belongs to a run with a different input or different options. "
                "Choose another output, or start anew with --force."
            )
        if self._errors.exists() and not self._errors.is_file():
            raise JournalError(f"{self._errors} is not a regular file.")
        if not found:
            _check_empty(self._part_path)
        if not (found and found.errors_begun):
            _check_empty(self._errors)
        return found

    def _will_replace(self, found: State) -> bool:
        """Return whether an output is still the old one, which the batch replaces: the part becomes the new one."""
        return found.replaces and (not found.complete or self._part_path.exists())

    def _lock(self, part: IO[bytes]) -> None:
        if sys.platform == "win32":  # no flock there: two runs of one batch at the same time go unnoticed
            return
        try:
            flock(part, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise JournalError(f"Another run is writing {self._part_path}.") from error

    def _truncate(self) -> None:
        """Truncate the files to the lengths in the state."""
        for path, length in ((self._part_path, self._state.part_bytes), (self._errors, self._state.error_bytes)):
            if _length(path) < length:
                raise JournalError(f"{path} is shorter than recorded in {self._state_path}: the run cannot be resumed.")
        os.truncate(self._part_path, self._state.part_bytes)
        if self._state.error_bytes:
            os.truncate(self._errors, self._state.error_bytes)
        elif self._state.errors_begun:  # by a run that was killed before its errors were recorded
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
            write_state(self._state_path, self._state)  # before writing: from here on, the file belongs to this batch
        with self._errors.open("ab") as file:
            write_through(file, errors)


def _check_empty(path: Path) -> None:
    if _length(path):  # an empty file is left by a run that was killed at its start
        raise _already_exists(path)


def _already_exists(path: Path) -> JournalError:
    return JournalError(f"{path} already exists. Choose another output, remove it, or replace it with --force.")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
