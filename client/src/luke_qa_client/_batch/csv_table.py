"""CSV and TSV with a header."""

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from .._answers import Answer
from .results import DEFAULT_RESULTS, Results
from .rows import COLUMNS, Columns, InputError, Row, missing_columns, read_row, table_problem, without_results
from .text_lines import TextLines
from .values import as_text

# Characters: more than a server accepts, and a bound on how far an unclosed quotation is read.
_LONGEST_FIELD: Final = 16 * 2**20
_MARK: Final = '"'
_NO_END: Final = (
    f"a quotation mark ({_MARK}) that opens a cell is not closed, or text follows its end. "
    f"Inside such a cell, write each mark twice ({_MARK * 2})."
)
_QUOTATION: Final = re.compile(f"{_MARK}[^{_MARK}]*(?:{_MARK * 2}[^{_MARK}]*)*{_MARK}")
_WRONG_END: Final = ("unexpected end of data", "expected after")  # how csv says that a quotation has none, or goes on


class CsvSource:
    """The rows of a file. One with too many or too few fields becomes a row with a problem.

    A quotation without an end is not read over the rows after it: within its line it is a problem of the row, and
    beyond, where nothing tells what the rows are, the file cannot be read on.
    """

    def __init__(
        self, lines: TextLines, name: str, size: int | None, columns: Columns = COLUMNS, delimiter: str = ","
    ) -> None:
        self.size: int | None = size
        self.encoding: str | None = lines.encoding
        self._lines, self._name, self._names, self._delimiter = lines, name, columns, delimiter
        csv.field_size_limit(_LONGEST_FIELD)
        self._record: list[str] = []  # the lines of the row that is being read
        self._records = csv.reader(self._decoded(), delimiter=delimiter, strict=True)
        self._header = self._read_header()
        self.columns: Sequence[str] | None = list(without_results(dict.fromkeys(self._header)))

    def rows(self) -> Iterator[Row]:
        while True:
            line = self._records.line_num + 1
            self._record.clear()
            try:
                fields = next(self._records)
            except StopIteration:
                return
            except csv.Error as error:
                wrong_end = any(sign in str(error) for sign in _WRONG_END)
                if not (wrong_end and len(self._record) == 1):
                    raise InputError(self._complaint(line, error)) from error
                problem, text = f"The row is not valid CSV: {_NO_END}", self._record[0].rstrip("\r\n")
                yield Row(line, self._lines.position, {}, problem=problem, text=text)
                continue
            if fields:  # skips empty lines
                yield self._row(line, fields)

    def _row(self, line: int, fields: list[str]) -> Row:
        problem = None
        if len(fields) != len(self._header):
            problem = f"The row has {len(fields)} fields, but the header has {len(self._header)}."
        elif not all(map(_is_text, fields)):
            problem = f"The row is not {self._lines.encoding}."
        if problem:
            return Row(line, self._lines.position, {}, problem=problem, text=self._delimiter.join(fields))
        return read_row(line, self._lines.position, dict(zip(self._header, fields, strict=True)), self._names)

    def _decoded(self) -> Iterator[str]:
        for number, line in enumerate(self._lines):
            text = (line if number else line.removeprefix(BOM_UTF8)).decode("utf-8", "surrogateescape")
            self._record.append(text)
            yield text

    def _read_header(self) -> list[str]:
        try:
            header = next(self._records, [])
        except csv.Error as error:
            raise InputError(self._complaint(1, error)) from error
        if not all(map(_is_text, header)):
            raise InputError(f"{self._name} is not {self._lines.encoding}: give its encoding with --encoding.")
        if missing := [name for name in self._names.needed if name not in header]:
            raise InputError(missing_columns(self._name, missing, header))
        if problem := table_problem(header):
            raise InputError(f"{self._name} cannot be used. {problem}")
        return header

    def _complaint(self, line: int, error: csv.Error) -> str:
        """Return the sentence about a row that begins in this line and cannot be read."""
        opened = _opening("".join(self._record), self._delimiter)
        if opened is None:
            return f"{self._name} is not valid CSV from line {line} on: {error}."
        is_long = f"a cell has more than {_LONGEST_FIELD:,} characters: perhaps " if "limit" in str(error) else ""
        return f"{self._name} is not valid CSV from line {line + opened} on: {is_long}{_NO_END}"


class CsvSink:
    """The columns of the input, then those of the answer; with ``mark``, after the byte order mark that Excel needs."""

    def __init__(
        self, columns: Sequence[str], results: Results = DEFAULT_RESULTS, delimiter: str = ",", *, mark: bool = False
    ) -> None:
        self._columns, self._results, self._delimiter, self._mark = columns, results, delimiter, mark

    def header(self) -> bytes:
        return (BOM_UTF8 if self._mark else b"") + self._records([[*self._columns, *self._results.columns]])

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        return self._records(
            [
                list(map(as_text, (*map(row.values.get, self._columns), *self._results.values(answer).values())))
                for row, answer in results
            ]
        )

    def finish(self, part: Path, out: Path) -> None:
        part.replace(out)

    def _records(self, rows: Sequence[Sequence[str | None]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._delimiter).writerows(rows)
        return text.getvalue().encode()


def _opening(record: str, delimiter: str) -> int | None:
    """Return the line of a row, from 0, in which a quotation opens that has no end, or goes on after it.

    None: there is no such quotation, but another fault.
    """
    start = 0
    while start < len(record):
        if record[start] != _MARK:
            start = record.find(delimiter, start) + 1 or len(record)
            continue
        quotation = _QUOTATION.match(record, start)
        if quotation is None or record[quotation.end() : quotation.end() + 1] not in (delimiter, "\r", "\n", ""):
            return record.count("\n", 0, start)
        start = quotation.end() + 1
    return None


def _is_text(field: str) -> bool:
    """Return whether every byte could be decoded."""
    return not any("\udc80" <= character <= "\udcff" for character in field)
