"""JSON Lines: one object per line."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from .._answers import Answer
from .rows import Row, read_row, result_values
from .values import json_line


class JsonLinesSource:
    """The rows of a file or stream. A line that is not an object becomes a row with a problem."""

    columns: Sequence[str] | None = None

    def __init__(self, file: IO[bytes], size: int | None) -> None:
        self.size = size
        self._file = file

    def rows(self) -> Iterator[Row]:
        position = 0
        for number, line in enumerate(self._file, 1):
            position += len(line)
            if content := line.removeprefix(BOM_UTF8).strip():
                yield _row(number, position, content)


class JsonLinesSink:
    """The columns of each row, then its answer."""

    def header(self) -> bytes:
        return b""

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        return b"".join(json_line({**row.values, **result_values(answer)}) for row, answer in results)

    def finish(self, part: Path, out: Path) -> None:
        part.replace(out)


def _row(number: int, position: int, content: bytes) -> Row:
    try:
        values = json.loads(content.decode())
    except UnicodeDecodeError:
        return Row(number, position, {}, problem="The line is not UTF-8.")
    except (ValueError, RecursionError):
        return Row(number, position, {}, problem="The line is not JSON.")
    if not isinstance(values, dict):
        return Row(number, position, {}, problem="The line is not a JSON object.")
    return read_row(number, position, values)
