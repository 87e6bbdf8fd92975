"""JSON Lines for Ray Data, which would make times of texts that look like some."""

from collections.abc import Iterator, Sequence

import pyarrow
from ray.data.datasource import FileBasedDatasource, Partitioning, PartitionStyle

from bulk.json_text import read_json


class JsonLines(FileBasedDatasource):
    """Files of one JSON object a line. Folders such as ``year=2026`` are columns, as in Ray's own formats."""

    def __init__(self, paths: Sequence[str], suffixes: Sequence[str]) -> None:
        super().__init__(list(paths), partitioning=Partitioning(PartitionStyle.HIVE), file_extensions=list(suffixes))

    def _read_stream(self, f: pyarrow.NativeFile, path: str) -> Iterator[pyarrow.Table]:
        if len(table := read_json(f)):
            yield table
