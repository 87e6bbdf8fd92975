"""The memory of a batch does not depend on its length."""

import json
from pathlib import Path

import pytest

from tests.unit.client.process import run_python

PROGRAM = r"""
import re
from pathlib import Path
from luke_qa_client import Answer
from luke_qa_client._batch.formats import open_sink, open_source
from luke_qa_client._batch.journal import Journal
from luke_qa_client._batch.run import rows_and_columns, run_batch

class AtOnce:
    "A client without a server: what is measured here is all the rest."
    def ask_many(self, pairs, concurrency, **options):
        return (Answer(question, 0.5, 0, 1, 0, no_answer_score=0.1, request_id="") for question, _ in pairs)

out = Path({out!r})
with open_source(Path({data!r})) as source:
    rows, columns = rows_and_columns(source)
    sink = open_sink(out.suffix, source, columns)
    with Journal(out, out.with_name("errors"), sink, {{}}) as journal:
        run_batch(AtOnce(), rows, journal, concurrency=8)
print(int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def peak(directory: Path, suffix: str, rows: int) -> int:
    """The peak memory in MiB of a batch with this many rows of 3 kB."""
    data, out = directory / f"{rows}.jsonl", directory / f"out{rows}.{suffix}"
    line = json.dumps({"question": "何が好きですか", "context": "あ" * 1000}, ensure_ascii=False) + "\n"
    data.write_text(line * rows, "utf-8")
    found = int(run_python(PROGRAM.format(data=str(data), out=str(out))))
    assert out.stat().st_size
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
@pytest.mark.parametrize(
    ("suffix", "few", "many"),
    [("jsonl", 4_000, 25_000), ("parquet", 20_000, 45_000)],  # Parquet holds one group of 8,192 rows
)
def test_more_rows_take_no_more_memory(tmp_path: Path, suffix: str, few: int, many: int) -> None:
    assert peak(tmp_path, suffix, many) < peak(tmp_path, suffix, few) + 25  # MiB, where 60 more are read and written
