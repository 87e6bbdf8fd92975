"""Where rows come from and where answers go: JSON Lines, CSV or Parquet, by the end of the name."""

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
    """An input, opened.

    Attributes:
        size: of the whole, in the unit of `Row.position`; None where it is not known.
        columns: what every row has; None where each row has its own.
    """

    size: int | None
    columns: Sequence[str] | None

    def rows(self) -> Iterator[Row]:
        """Yield the rows, once."""


class Sink(Protocol):
    """A format of output. What it encodes is appended to a file, which `finish` then makes the output."""

    def header(self) -> bytes:
        """Return what stands before the first row."""

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        """Return rows with their answers."""

    def finish(self, part: Path, out: Path) -> None:
        """Turn the file `part` into `out`, in one step."""


def check_suffix(path: Path) -> str:
    """Return the suffix that names the format.

    Raises:
        InputError: it is none of those known.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path} must end in one of {', '.join(SUFFIXES)}.")
    return suffix


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open an input.

    Raises:
        InputError: it cannot be read, or has no columns question and context.
        MissingExtraError: Parquet, without the extra for it.
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
    """Return an input of JSON Lines that is read as it comes."""
    return JsonLinesSource(stream, None)


def open_sink(suffix: str, source: Source, columns: Sequence[str]) -> Sink:
    """Return the format that `suffix` names, for rows of `source` that have these columns."""
    if suffix == ".csv":
        return CsvSink(columns)
    if suffix == ".parquet":
        from .parquet import ParquetSink

        return ParquetSink(source, columns)
    return JsonLinesSink()
