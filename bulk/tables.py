"""Tables of three formats, read and written by Ray Data."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow
from pyarrow import fs

from bulk.job import JobError
from bulk.json_text import LONGEST_ROW, read_json
from bulk.pool import TASK_CPUS

if TYPE_CHECKING:
    import pyarrow.dataset
    from ray.data import Dataset


FORMATS = {".parquet": ".parquet", ".jsonl": ".jsonl", ".json": ".jsonl", ".csv": ".csv"}
"""The format by a file's suffix. JSON is one object a line, whatever the file is called; Ray writes it as ``.json``."""


def find_format(inputs: Sequence[str]) -> str:
    """Return the format of the inputs, by their names; for a directory, by the files in it.

    Raises:
        JobError: there is no input, or they have several formats or an unknown one.
    """
    found = sorted({suffix for path in inputs for suffix in _suffixes(path)})
    formats = {FORMATS.get(suffix) for suffix in found}
    if len(formats) != 1 or None in formats:
        listed = ", ".join(suffix or "no suffix" for suffix in found) or "nothing"
        raise JobError(f"The inputs must all be .parquet, .jsonl or .csv, but this was found: {listed}.")
    return str(formats.pop())


def read_table(inputs: Sequence[str], suffix: str) -> "Dataset":
    """Return the rows of all inputs, read as they are needed."""
    import ray.data

    paths = list(inputs)
    if suffix == ".parquet":
        return ray.data.read_parquet(paths, num_cpus=TASK_CPUS, file_extensions=["parquet"])
    if suffix == ".jsonl":
        from bulk.json_lines import JsonLines

        rows: Dataset = ray.data.read_datasource(JsonLines(paths, ["jsonl", "json"]), num_cpus=TASK_CPUS)
        return rows
    return ray.data.read_csv(paths, num_cpus=TASK_CPUS, file_extensions=["csv"], **_csv_options())


def read_arrow(inputs: Sequence[str], suffix: str) -> pyarrow.Table:
    """Return the rows of all inputs at once, in their order."""
    tables = list[pyarrow.Table]()
    for path in inputs:
        if suffix == ".jsonl":
            tables += _json_tables(path)
        else:
            tables.append(_opened(path, suffix).to_table())
    return pyarrow.concat_tables(tables, promote_options="permissive")


def read_column(path: str, name: str, suffix: str) -> Iterator[list[Any]]:
    """Yield the values of a column, in parts.

    They are read in this process. Ray would first start its readers, which takes longer than to read a million rows.
    """
    if suffix == ".jsonl":
        yield from (table[name].to_pylist() for table in _json_tables(path))
    else:
        yield from (batch[name].to_pylist() for batch in _opened(path, suffix).to_batches(columns=[name]))


def write_table(table: "Dataset", output: str, suffix: str) -> None:
    """Write the rows into files of the directory ``output``."""
    booked = {"num_cpus": TASK_CPUS}
    if suffix == ".parquet":
        table.write_parquet(output, ray_remote_args=booked)
    elif suffix == ".jsonl":
        table.write_json(output, ray_remote_args=booked, force_ascii=False, double_precision=15)
    else:
        table.write_csv(output, ray_remote_args=booked)


def filesystem(path: str) -> tuple[fs.FileSystem, str]:
    """Return where a path or URI leads."""
    where: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(path if "://" in path else str(Path(path).resolve()))
    return where


def columns_of(table: "Dataset") -> dict[str, pyarrow.DataType]:
    """Return the columns with their types, from the first rows.

    Raises:
        JobError: the table has no rows.
    """
    schema = table.schema()
    if schema is None:
        raise JobError("The input has no rows.")
    return dict(zip(schema.names, schema.types, strict=True))


def with_columns(table: pyarrow.Table, columns: Sequence[tuple[pyarrow.Field, Sequence[Any]]]) -> pyarrow.Table:
    """Append columns."""
    for kind, values in columns:
        table = table.append_column(kind, pyarrow.array(values, kind.type))
    return table


def _opened(path: str, suffix: str) -> "pyarrow.dataset.Dataset":
    from pyarrow import csv, dataset

    system, place = filesystem(path)
    kind: dataset.FileFormat = dataset.ParquetFileFormat()
    if suffix == ".csv":
        kind = dataset.CsvFileFormat(read_options=csv.ReadOptions(block_size=LONGEST_ROW), **_csv_options())
    return dataset.dataset(place, format=kind, filesystem=system)


def _json_tables(path: str) -> Iterator[pyarrow.Table]:
    from pyarrow import dataset

    system, place = filesystem(path)
    files = dataset.dataset(place, pyarrow.schema([]), dataset.JsonFileFormat(), system).get_fragments()
    return (read_json(file.open()) for file in files)


def _csv_options() -> dict[str, Any]:
    """Return how to read CSV. All columns are texts, or 00123 would become a number and lose its zeros."""
    from pyarrow import csv

    return {
        "parse_options": csv.ParseOptions(newlines_in_values=True),
        "convert_options": csv.ConvertOptions(default_column_type=pyarrow.string()),
    }


def _suffixes(path: str) -> set[str]:
    system, place = filesystem(path)
    (info,) = system.get_file_info([place])
    if info.type == fs.FileType.NotFound:
        raise JobError(f"{path} does not exist.")
    if info.type == fs.FileType.File:
        return {PurePosixPath(place).suffix.lower()}
    files = system.get_file_info(fs.FileSelector(place, recursive=True))
    return {PurePosixPath(file.path).suffix.lower() for file in files if file.type == fs.FileType.File}
