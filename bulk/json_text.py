"""Read JSON Lines as written: texts stay texts."""

from typing import Final

import pyarrow
from pyarrow import types

LONGEST_ROW: Final = 16 << 20  # bytes


def read_json(file: pyarrow.NativeFile) -> pyarrow.Table:
    """Return the rows of a file of JSON Lines. Texts stay texts: Arrow alone takes those like 2026-11-24 for times."""
    from pyarrow import json

    content = file.read_buffer()
    if not content.size:  # Arrow refuses it
        return pyarrow.table({})
    reading = json.ReadOptions(use_threads=False, block_size=LONGEST_ROW)
    table = json.read_json(pyarrow.BufferReader(content), reading)
    schema = pyarrow.schema([field.with_type(_as_written(field.type)) for field in table.schema])
    if schema == table.schema:
        return table
    return json.read_json(pyarrow.BufferReader(content), reading, json.ParseOptions(explicit_schema=schema))


def _as_written(kind: pyarrow.DataType) -> pyarrow.DataType:
    """Return a type that Arrow found in JSON, with texts instead of times."""
    if types.is_temporal(kind):
        return pyarrow.string()
    if types.is_list(kind):
        return pyarrow.list_(_as_written(kind.value_type))
    if types.is_struct(kind):
        return pyarrow.struct([field.with_type(_as_written(field.type)) for field in kind.fields])
    return kind
