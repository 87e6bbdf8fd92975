"""One engine of the pool: a table of questions in, the same table with answers out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow

from bulk.tables import with_columns

RESULTS = pyarrow.schema(
    [
        ("answer", pyarrow.string()),
        ("score", pyarrow.float64()),
        ("start", pyarrow.int64()),
        ("end", pyarrow.int64()),
        ("document", pyarrow.int64()),
        ("no_answer_score", pyarrow.float64()),
        ("error", pyarrow.string()),
        ("error_type", pyarrow.string()),
    ]
)
"""The columns of ``luke-qa batch``, and why a row has no answer."""

_NO_LIMIT = 1e9  # seconds: nobody waits for one batch


class Answerer:
    """Loads a checkpoint once and answers batches. Ray makes one in every worker process."""

    def __init__(
        self,
        checkpoint: Path,
        settings: Mapping[str, Any],
        options: Mapping[str, Any],
        columns: tuple[str, str],
        device: str,
    ) -> None:
        import torch

        from luke_qa.service import Service, open_engine
        from luke_qa.settings import read_settings

        torch.set_num_threads(1)  # the pool uses the cores
        chosen = read_settings({"time_limit": _NO_LIMIT, "max_wait": _NO_LIMIT, "device": device, **settings})
        self._service = Service(open_engine(checkpoint, chosen, chosen.device), chosen)
        self._options, self._columns = dict(options), columns

    def __call__(self, table: pyarrow.Table) -> pyarrow.Table:
        """Append the columns of ``RESULTS``."""
        from luke_qa.service import Received

        question, context = (table[name].to_pylist() for name in self._columns)
        bodies = [
            {"question": asked, "context": text, **self._options} for asked, text in zip(question, context, strict=True)
        ]
        responses = self._service.answer([Received({"body": body}, "") for body in bodies])
        rows = [_row(response.code, json.loads(response.body)) for response in responses]
        return with_columns(table, [(kind, [row.get(kind.name) for row in rows]) for kind in RESULTS])


def _row(code: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return body if code == 200 else {"error": body["message"], "error_type": body["type"]}
