"""Inputs and outputs in JSON Lines, CSV or Parquet, by the file's suffix."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from .._answers import Answer
from .csv_table import CsvSink, CsvSource
from .json_lines import JsonLinesSink, JsonLinesSource
from .rows import InputError, Row

SUFFIXES: Final = (".jsonl", ".csv", ".parquet")


class Source(Protocol):
    """An open input.

    Attributes:
        size: the size of the input in the unit of ``Row.position``; None if it is unknown.
        columns: the columns of every row; None if they differ by row.
    """

    size: int | None
    columns: Sequence[str] | None

    def rows(self) -> Iterator[Row]:
        """Yield the rows, once."""


class Sink(Protocol):
    """An output format. Encoded rows are appended to a file, which ``finish`` turns into the output."""

    def header(self) -> bytes:
        """Return the bytes before the first row."""

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        """Return the bytes of rows with their answers."""

    def finish(self, part: Path, out: Path) -> None:
        """Turn the file ``part`` into ``out`` atomically."""


def check_suffix(path: Path) -> str:
    """Return the suffix that names the format.

    Raises:
        InputError: the suffix is unknown.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    return suffix


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open an input.

    Raises:
        InputError: it cannot be read, or lacks the columns question and context.
        MissingExtraError: it is Parquet, and the extra is not installed.
    """
    suffix = check_suffix(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        if suffix == ".parquet":
            from .parquet import ParquetSource

            yield ParquetSource(file, str(path))
        elif suffix == ".csv":
            yield CsvSource(file, str(path), size)
        else:
            yield JsonLinesSource(file, size)


def open_stream(stream: IO[bytes]) -> Source:
    """Return an input of JSON Lines, read as it arrives."""
    return JsonLinesSource(stream, None)


def open_sink(suffix: str, source: Source, columns: Sequence[str]) -> Sink:
    """Return the format for ``suffix``, for rows of ``source`` with these columns."""
    if suffix == ".csv":
        return CsvSink(columns)
    if suffix == ".parquet":
        from .parquet import ParquetSink

        return ParquetSink(source, columns)
    return JsonLinesSink()
