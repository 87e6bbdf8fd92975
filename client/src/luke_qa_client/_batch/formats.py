"""Inputs and outputs in JSON Lines, CSV, TSV, Excel or Parquet, by the file's suffix."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from .._answers import Answer
from .csv_table import CsvSink, CsvSource
from .json_lines import JsonLinesSink, JsonLinesSource
from .results import DEFAULT_RESULTS, Results
from .rows import COLUMNS, Columns, InputError, Row
from .text_lines import TextLines, find_codec

SUFFIXES: Final = (".jsonl", ".csv", ".tsv", ".xlsx", ".parquet")
OTHER_WORKBOOKS: Final = (".xls", ".xlsm", ".xlsb", ".ods")
_DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}


class Source(Protocol):
    """An open input.

    Attributes:
        size: the size of the input in the unit of ``Row.position``; None if it is unknown.
        columns: the columns of every row; None if they differ by row.
        encoding: the name of the encoding of a text; None if the format has one of its own.
    """

    size: int | None
    encoding: str | None
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
def open_source(path: Path, columns: Columns = COLUMNS, encoding: str | None = None) -> Iterator[Source]:
    """Open an input. The encoding of text is guessed unless it is given.

    Raises:
        InputError: it cannot be read, or lacks the columns that are asked.
        MissingExtraError: its format needs an extra that is not installed.
    """
    if path.suffix.lower() in OTHER_WORKBOOKS:
        raise InputError(f"{path} is a workbook of another kind: save it as .xlsx in Excel.")
    suffix = check_suffix(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        if suffix == ".parquet":
            from .parquet import ParquetSource

            yield ParquetSource(file, str(path), columns)
        elif suffix == ".xlsx":
            from .excel import ExcelSource

            yield ExcelSource(file, str(path), columns)
        else:
            size = os.fstat(file.fileno()).st_size
            lines = TextLines(file, find_codec(file, str(path), encoding))
            if suffix in _DELIMITERS:
                yield CsvSource(lines, str(path), size, columns, _DELIMITERS[suffix])
            else:
                yield JsonLinesSource(lines, size, columns)


def open_stream(stream: IO[bytes], columns: Columns = COLUMNS, encoding: str | None = None) -> Source:
    """Return an input of JSON Lines, read as it arrives: UTF-8 unless another encoding is given."""
    codec = "utf_8" if encoding is None else find_codec(stream, "Standard input", encoding)
    return JsonLinesSource(TextLines(stream, codec), None, columns)


def open_sink(
    suffix: str, source: Source, columns: Sequence[str], results: Results = DEFAULT_RESULTS, *, excel: bool = False
) -> Sink:
    """Return the format for ``suffix``, for rows of ``source`` with these columns; with ``excel``, CSV for Excel."""
    if suffix in _DELIMITERS:
        return CsvSink(columns, results, _DELIMITERS[suffix], mark=excel)
    if suffix == ".xlsx":
        from .excel import ExcelSink

        return ExcelSink(columns, results)
    if suffix == ".parquet":
        from .parquet import ParquetSink

        return ParquetSink(source, columns, results)
    return JsonLinesSink(results)
