"""Excel workbooks (.xlsx) with openpyxl (the extra ``files``): the first sheet, with a header.

A workbook cannot be continued after an interruption. Until the batch is complete, answers are kept as JSON Lines.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

from .._answers import Answer
from .._errors import MissingExtraError
from .disk import add_suffix, write_through
from .results import DEFAULT_RESULTS, Results
from .rows import COLUMNS, Columns, InputError, Row, missing_columns, read_row, table_problem, without_results
from .values import as_text, json_line

try:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
except ImportError as error:
    message = "Excel workbooks need the extra files: pip install luke_qa_client[files]"
    raise MissingExtraError(message) from error


class ExcelSource:
    """The rows of the first sheet. Empty rows are skipped; a formula counts as the value that Excel last showed."""

    encoding: str | None = None

    def __init__(self, file: IO[bytes], name: str, columns: Columns = COLUMNS) -> None:
        self._name, self._names = name, columns
        try:
            sheet = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets[0]
            self._rows = sheet.iter_rows(values_only=True)
            header = next(self._rows, ())
            self.size: int | None = sheet.max_row
        except (BadZipFile, KeyError, ValueError, IndexError, OSError, TypeError) as error:
            raise InputError(f"{name} is not a valid Excel workbook, or is protected by a password.") from error
        self._header = self._checked([str(cell) if cell is not None else "" for cell in header])
        self.columns: Sequence[str] | None = list(without_results({name: None for name in self._header if name}))

    def rows(self) -> Iterator[Row]:
        for line, cells in enumerate(self._rows, 2):
            if any(cell is not None for cell in cells):
                values = {name: cell for name, cell in zip(self._header, cells, strict=False) if name}
                yield read_row(line, line, values, self._names)

    def _checked(self, header: list[str]) -> list[str]:
        named = [name for name in header if name]
        if missing := [name for name in self._names.needed if name not in named]:
            raise InputError(missing_columns(self._name, missing, named))
        if problem := table_problem(named):
            raise InputError(f"{self._name} cannot be used. {problem}")
        return header


class ExcelSink:
    """One sheet: the columns of the input, then those of the answer. Excel cuts a cell at 32,767 characters."""

    def __init__(self, columns: Sequence[str], results: Results = DEFAULT_RESULTS) -> None:
        self._columns, self._results = columns, results

    def header(self) -> bytes:
        return json_line(dict.fromkeys([*self._columns, *self._results.columns]))

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        rows = (
            {**{name: row.values.get(name) for name in self._columns}, **self._results.values(answer)}
            for row, answer in results
        )
        return b"".join(map(json_line, rows))

    def finish(self, part: Path, out: Path) -> None:
        whole = add_suffix(part, ".whole")
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("answers")
        with part.open("rb") as lines:
            header = list(json.loads(next(lines)))
            sheet.append([_cell(sheet, name) for name in header])
            for line in lines:
                sheet.append([_cell(sheet, value) for value in json.loads(line).values()])
        with whole.open("wb") as file:
            book.save(file)
            write_through(file, b"")
        whole.replace(out)
        part.unlink()


def _cell(sheet: Any, value: Any) -> Any:
    """Return a cell. Text that looks like a formula stays text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", as_text(value) or ""))
    cell.data_type = "s"
    return cell
