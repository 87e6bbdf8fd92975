"""CSV in UTF-8 with a header."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from .._answers import Answer
from .rows import RESULT_COLUMNS, InputError, Row, columns_problem, read_row, result_values
from .values import as_text

# Characters: more than a server accepts, and a bound on what an unclosed quote can swallow.
_LONGEST_FIELD: Final = 16 * 2**20


class CsvSource:
    """The rows of a file. One with too many or too few fields becomes a row with a problem."""

    def __init__(self, file: IO[bytes], name: str, size: int) -> None:
        self.size: int | None = size
        self._file, self._name, self._position = file, name, 0
        csv.field_size_limit(_LONGEST_FIELD)
        self._records = csv.reader(self._lines())
        self._header = self._read_header()
        self.columns: Sequence[str] | None = self._header

    def rows(self) -> Iterator[Row]:
        while True:
            line = self._records.line_num + 1
            try:
                fields = next(self._records)
            except StopIteration:
                return
            except csv.Error as error:
                raise InputError(f"{self._name} is not valid CSV from line {line} on: {error}.") from error
            if fields:  # skips empty lines
                yield self._row(line, fields)

    def _row(self, line: int, fields: list[str]) -> Row:
        problem = None
        if len(fields) != len(self._header):
            problem = f"The row has {len(fields)} fields, but the header has {len(self._header)}."
        elif any("\udc80" <= character <= "\udcff" for field in fields for character in field):
            problem = "The row is not UTF-8."
        if problem:
            return Row(line, self._position, {}, problem=problem)
        return read_row(line, self._position, dict(zip(self._header, fields, strict=True)))

    def _lines(self) -> Iterator[str]:
        for number, line in enumerate(self._file):
            self._position += len(line)
            yield (line if number else line.removeprefix(BOM_UTF8)).decode("utf-8", "surrogateescape")

    def _read_header(self) -> list[str]:
        try:
            header = next(self._records, [])
        except csv.Error as error:
            raise InputError(f"{self._name} is not valid CSV: {error}.") from error
        if "question" not in header or "context" not in header:
            raise InputError(f"{self._name} must start with a header row that has the columns question and context.")
        if problem := columns_problem(header):
            raise InputError(f"{self._name} cannot be used. {problem}")
        return header


class CsvSink:
    """The columns of the input, then those of the answer."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    def header(self) -> bytes:
        return _records([[*self._columns, *RESULT_COLUMNS]])

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        return _records(
            [
                [as_text(value) for value in (*map(row.values.get, self._columns), *result_values(answer).values())]
                for row, answer in results
            ]
        )

    def finish(self, part: Path, out: Path) -> None:
        part.replace(out)


def _records(rows: Sequence[Sequence[str | None]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
