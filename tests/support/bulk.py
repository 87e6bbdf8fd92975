"""An engine of the bulk job that costs nothing, or a known time."""

import time
from typing import Any

import pyarrow

from bulk.answering import RESULTS
from bulk.tables import with_columns


class Echo:
    """Answers with the question. ``seconds`` in the settings is how long a batch takes."""

    def __init__(
        self, checkpoint: object, settings: dict[str, Any], options: object, columns: Any, device: str
    ) -> None:
        self._seconds, self._question = float(settings.get("seconds", 0)), columns[0]

    def __call__(self, table: pyarrow.Table) -> pyarrow.Table:
        time.sleep(self._seconds)
        known = {"answer": table[self._question].to_pylist()}
        nothing = [None] * len(table)
        return with_columns(table, [(kind, known.get(kind.name, nothing)) for kind in RESULTS])
