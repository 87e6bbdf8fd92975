"""Parquet, by pyarrow; an extra.

A Parquet file ends in an index of all that it holds, so none that is cut off can be read, or gone on with. Answers are
therefore kept in Arrow's stream format, which is made of batches one after the other, until the last has come.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from .._answers import Answer
from .._errors import MissingExtraError
from .disk import beside, write_through
from .rows import ERROR_COLUMN, InputError, Row, columns_problem, read_row, result_values
from .values import as_text

try:
    import pyarrow
    from pyarrow import parquet
except ImportError as error:
    message = "Parquet needs an extra that is not installed: pip install luke_qa_client[parquet]"
    raise MissingExtraError(message) from error

_READ_ROWS: Final = 1024
_GROUP_ROWS: Final = 8192  # of the output; one group is held in memory
_RESULT_FIELDS: Final = (
    pyarrow.field("answer", pyarrow.string()),
    pyarrow.field("score", pyarrow.float64()),
    pyarrow.field("start", pyarrow.int64()),
    pyarrow.field("end", pyarrow.int64()),
    pyarrow.field("document", pyarrow.int64()),
    pyarrow.field("no_answer_score", pyarrow.float64()),
)


class ParquetSource:
    """Rows of a file, batch by batch; values stay Arrow's own, so that their types come through."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        try:
            self._file = parquet.ParquetFile(file)
        except pyarrow.ArrowInvalid as error:
            raise InputError(f"{name} is no Parquet file: {error}.") from error
        schema = self._file.schema_arrow
        if "question" not in schema.names or "context" not in schema.names:
            raise InputError(f"{name} must have the columns question and context.")
        if problem := columns_problem(schema.names):
            raise InputError(f"{name} cannot be answered. {problem}")
        self.fields = {field.name: _without_dictionary(field) for field in schema if field.name != ERROR_COLUMN}
        self.columns: Sequence[str] | None = list(self.fields)
        self.size: int | None = self._file.metadata.num_rows
        self._name = name

    def rows(self) -> Iterator[Row]:
        number = 0
        schema = pyarrow.schema(self.fields.values())
        try:
            for batch in self._file.iter_batches(_READ_ROWS, columns=self.columns):
                columns = pyarrow.Table.from_batches([batch]).cast(schema).columns
                for values in zip(*columns, strict=True):
                    number += 1
                    yield read_row(number, number, dict(zip(schema.names, values, strict=True)))
        except (pyarrow.ArrowInvalid, OSError) as error:
            raise InputError(f"{self._name} cannot be read beyond row {number}: {error}.") from error


class ParquetSink:
    """The columns of the input, with their types if it is Parquet, else as text; and then the answer's."""

    def __init__(self, source: object, columns: Sequence[str]) -> None:
        known = source.fields if isinstance(source, ParquetSource) else {}
        carried = [known.get(name, pyarrow.field(name, pyarrow.string())) for name in columns]
        self._columns = columns
        self._schema = pyarrow.schema([*carried, *_RESULT_FIELDS])

    def header(self) -> bytes:
        return bytes(self._schema.serialize())

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        if not results:
            return b""
        values = [
            {name: _typed(row.values.get(name)) for name in self._columns} | result_values(answer)
            for row, answer in results
        ]
        for value in values:
            value["answer"] = as_text(value["answer"])
        return bytes(pyarrow.RecordBatch.from_pylist(values, schema=self._schema).serialize())

    def finish(self, part: Path, out: Path) -> None:
        whole = beside(part, ".whole")
        with part.open("rb") as batches, whole.open("wb") as file:
            with parquet.ParquetWriter(file, self._schema) as writer:
                for group in _groups(pyarrow.ipc.open_stream(batches)):
                    writer.write_table(pyarrow.Table.from_batches(group))
            write_through(file, b"")
        whole.replace(out)
        part.unlink()


def _groups(batches: Iterable[Any]) -> Iterator[list[Any]]:
    """Batches together, so many that each group but the last has enough rows."""
    group: list[Any] = []
    for batch in batches:
        group.append(batch)
        if sum(map(len, group)) >= _GROUP_ROWS:
            yield group
            group = []
    if group:
        yield group


def _typed(value: Any) -> Any:
    return value if isinstance(value, pyarrow.Scalar) else as_text(value)


def _without_dictionary(field: Any) -> Any:
    """Return the field with its values in place, which a batch that is written alone must have."""
    return field.with_type(field.type.value_type) if pyarrow.types.is_dictionary(field.type) else field
