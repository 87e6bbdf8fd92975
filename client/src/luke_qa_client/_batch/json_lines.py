"""JSON Lines: one object per line."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path

from .._answers import Answer
from .results import DEFAULT_RESULTS, Results
from .rows import COLUMNS, Columns, Row, read_row
from .text_lines import TextLines
from .values import json_line


class JsonLinesSource:
    """The rows of a file or stream. A line that is not an object becomes a row with a problem."""

    columns: Sequence[str] | None = None

    def __init__(self, lines: TextLines, size: int | None, columns: Columns = COLUMNS) -> None:
        self.size: int | None = size
        self.encoding: str | None = lines.encoding
        self._lines, self._names = lines, columns

    def rows(self) -> Iterator[Row]:
        for number, line in enumerate(self._lines, 1):
            if content := line.removeprefix(BOM_UTF8).strip():
                yield self._row(number, content)

    def _row(self, number: int, content: bytes) -> Row:
        position, text = self._lines.position, content.decode("utf-8", "backslashreplace")
        try:
            values = json.loads(content.decode())
        except UnicodeDecodeError:
            return Row(number, position, {}, problem=f"The line is not {self._lines.encoding}.", text=text)
        except (ValueError, RecursionError):
            return Row(number, position, {}, problem="The line is not JSON.", text=text)
        if not isinstance(values, dict):
            return Row(number, position, {}, problem="The line is not a JSON object.", text=text)
        return read_row(number, position, values, self._names)


class JsonLinesSink:
    """The columns of each row, then its answer."""

    def __init__(self, results: Results = DEFAULT_RESULTS) -> None:
        self._results = results

    def header(self) -> bytes:
        return b""

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        return b"".join(json_line({**row.values, **self._results.values(answer)}) for row, answer in results)

    def finish(self, part: Path, out: Path) -> None:
        part.replace(out)
