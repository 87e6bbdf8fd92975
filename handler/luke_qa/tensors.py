"""The inputs of the open inference protocol (v2) as fields: row by row, whichever server carries them."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

WHOLE: Final = "request"  # the input that contains a whole request as JSON


def read_rows(tensors: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of inputs that have equally many, each an array of shape [rows, values]."""
    count = min(map(len, tensors.values()), default=0)
    return [read_row({name: rows[i] for name, rows in tensors.items()}) for i in range(count)]


def read_row(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row of the inputs as fields: a whole request as its body, otherwise one field for each input.

    ``question`` and ``context`` are text if they have one element, and lists of texts if they have more.
    """
    fields = {("body" if name == WHOLE else name): [_plain(each) for each in row] for name, row in tensors.items()}
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")  # the schema refuses what is not UTF-8, naming the field
    return value.item() if isinstance(value, np.generic) else value
