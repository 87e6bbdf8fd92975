"""Parquet with pyarrow (the extra ``parquet``).

A Parquet file ends in an index of its content, so an incomplete one can be neither read nor continued. Until the batch
is complete, answers are therefore kept in Arrow's stream format, a sequence of record batches.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from .._answers import Answer
from .._errors import MissingExtraError
from .disk import add_suffix, write_through
from .results import ANSWERS_COLUMN, DEFAULT_RESULTS, TITLE_COLUMN, Results
from .rows import (
    COLUMNS,
    ERROR_COLUMN,
    ERROR_PARTS,
    Columns,
    InputError,
    Row,
    missing_columns,
    read_row,
    table_problem,
    without_results,
)
from .values import as_text

try:
    import pyarrow
    from pyarrow import parquet
except ImportError as error:
    message = "Parquet needs the extra parquet: pip install luke_qa_client[parquet]"
    raise MissingExtraError(message) from error

from .arrow_types import has_duplicate_fields, without_dictionaries

_READ_ROWS: Final = 1024
_GROUP_ROWS: Final = 8192  # in a row group of the output; one group is held in memory
_FAULTS: Final = (pyarrow.ArrowException, OSError)
_SPAN_FIELDS: Final = (
    pyarrow.field("answer", pyarrow.string()),
    pyarrow.field("score", pyarrow.float64()),
    pyarrow.field("start", pyarrow.int64()),
    pyarrow.field("end", pyarrow.int64()),
    pyarrow.field("document", pyarrow.int64()),
)
_RESULT_FIELDS: Final = (
    *_SPAN_FIELDS,
    pyarrow.field("no_answer_score", pyarrow.float64()),
    pyarrow.field("place_score", pyarrow.float64()),
    pyarrow.field("confidence", pyarrow.string()),
)
_TITLE_FIELD: Final = pyarrow.field(TITLE_COLUMN, pyarrow.string())


class ParquetSource:
    """The rows of a file, batch by batch. Values remain Arrow values, which preserves their types."""

    encoding: str | None = None

    def __init__(self, file: IO[bytes], name: str, columns: Columns = COLUMNS) -> None:
        try:
            self._file = parquet.ParquetFile(file)
        except _FAULTS as error:
            raise InputError(f"{name} is not a valid Parquet file: {error}.") from error
        schema = self._file.schema_arrow
        if not set(columns.needed) <= set(schema.names):
            missing = [column for column in columns.needed if column not in schema.names]
            raise InputError(missing_columns(name, missing, schema.names))
        if problem := table_problem(schema.names):
            raise InputError(f"{name} cannot be used. {problem}")
        carried = without_results(dict.fromkeys(schema.names))
        self.fields = {
            field.name: _carried(field, name) for field in schema if field.name in carried and not _is_error(field)
        }
        self.columns: Sequence[str] | None = list(self.fields)
        self.size: int | None = self._file.metadata.num_rows
        self._name, self._names = name, columns

    def rows(self) -> Iterator[Row]:
        number = 0
        schema = pyarrow.schema(self.fields.values())
        try:
            for batch in self._file.iter_batches(_READ_ROWS, columns=self.columns):
                columns = pyarrow.Table.from_batches([batch]).cast(schema).columns
                for values in zip(*columns, strict=True):
                    number += 1
                    yield read_row(number, number, dict(zip(schema.names, values, strict=True)), self._names)
        except _FAULTS as error:
            raise InputError(f"{self._name} cannot be read after row {number}: {error}.") from error


class ParquetSink:
    """The columns of the input, with their types if it is Parquet, else as text, then those of the answer."""

    def __init__(self, source: object, columns: Sequence[str], results: Results = DEFAULT_RESULTS) -> None:
        known = source.fields if isinstance(source, ParquetSource) else {}
        carried = [known.get(name, pyarrow.field(name, pyarrow.string())) for name in columns]
        self._columns, self._results = columns, results
        self._schema = pyarrow.schema([*carried, *_result_fields(results)])
        self._check_columns()

    def header(self) -> bytes:
        return bytes(self._schema.serialize())

    def encode(self, results: Sequence[tuple[Row, Answer]]) -> bytes:
        if not results:
            return b""
        columns = {name: [row.values.get(name) for row, _ in results] for name in self._columns}
        answers = [self._results.values(answer) for _, answer in results]
        columns |= {name: [values[name] for values in answers] for name in self._results.columns}
        try:
            arrays = [_array(columns[field.name], field.type) for field in self._schema]
            return bytes(pyarrow.RecordBatch.from_arrays(arrays, schema=self._schema).serialize())
        except pyarrow.ArrowException as error:
            raise InputError(f"Rows from {results[0][0].line} on cannot be written as Parquet: {error}.") from error

    def finish(self, part: Path, out: Path) -> None:
        whole = add_suffix(part, ".whole")
        with part.open("rb") as batches, whole.open("wb") as file:
            try:
                self._write(batches, file)
            except pyarrow.ArrowException as error:
                raise InputError(f"{part} cannot be converted to Parquet: {error}.") from error
            write_through(file, b"")
        whole.replace(out)
        part.unlink()

    def _write(self, batches: IO[bytes], file: IO[bytes]) -> None:
        with parquet.ParquetWriter(file, self._schema) as writer:
            for group in _groups(pyarrow.ipc.open_stream(batches)):
                writer.write_table(pyarrow.Table.from_batches(group))

    def _check_columns(self) -> None:
        """Check before the first question that the columns can be written.

        Raises:
            InputError: one of them cannot.
        """
        nothing = bytes(pyarrow.RecordBatch.from_pylist([], schema=self._schema).serialize())
        try:
            self._write(BytesIO(self.header() + nothing), BytesIO())
        except pyarrow.ArrowException as error:
            raise InputError(f"A column of the input cannot be written as Parquet: {error}.") from error


def _result_fields(results: Results = DEFAULT_RESULTS) -> list[Any]:
    title = [] if results.titles is None else [_TITLE_FIELD]
    span = pyarrow.struct([*_SPAN_FIELDS, *title])
    answers = [pyarrow.field(ANSWERS_COLUMN, pyarrow.list_(span))] if results.all_answers else []
    return [*_RESULT_FIELDS, *title, *answers]


def _groups(batches: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield groups of batches; each group but the last has enough rows."""
    group: list[Any] = []
    for batch in batches:
        group.append(batch)
        if sum(map(len, group)) >= _GROUP_ROWS:
            yield group
            group = []
    if group:
        yield group


def _array(values: Sequence[Any], type: Any) -> Any:
    if isinstance(values[0], pyarrow.Scalar):  # some of its types cannot be built from Python values
        return pyarrow.concat_arrays([pyarrow.repeat(value, 1) for value in values])
    return pyarrow.array(map(as_text, values) if pyarrow.types.is_string(type) else values, type)


def _is_error(field: Any) -> bool:
    return bool(
        field.name == ERROR_COLUMN
        and pyarrow.types.is_struct(field.type)
        and {part.name for part in field.type} >= ERROR_PARTS
    )


def _carried(field: Any, name: str) -> Any:
    """Return the field in the type that rows carry.

    Raises:
        InputError: its type cannot be carried.
    """
    carried = field.with_type(without_dictionaries(field.type))
    try:
        pyarrow.schema([field]).empty_table().cast(pyarrow.schema([carried]))
    except pyarrow.ArrowException as error:
        raise InputError(f"{name} cannot be used. Its column {field.name!r} cannot be read: {error}.") from error
    if has_duplicate_fields(field.type):
        raise InputError(f"{name} cannot be used. Its column {field.name!r} has two fields with the same name.")
    return carried
