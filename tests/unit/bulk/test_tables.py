"""Tables: formats by the names of files, and what is in them."""

import json
from itertools import chain
from pathlib import Path

import pyarrow
import pytest
from pyarrow import csv, parquet

from bulk.job import JobError
from bulk.tables import find_format, read_arrow, read_column


@pytest.mark.parametrize(
    ("name", "suffix"), [("a.parquet", ".parquet"), ("a.JSONL", ".jsonl"), ("a.json", ".jsonl"), ("a.csv", ".csv")]
)
def test_the_format_follows_from_a_name(tmp_path: Path, name: str, suffix: str) -> None:
    (tmp_path / name).write_text("")
    assert find_format([str(tmp_path / name)]) == suffix
    assert find_format([str(tmp_path)]) == suffix
    assert find_format([(tmp_path / name).as_uri()]) == suffix


def test_several_formats_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.jsonl").write_text("")
    with pytest.raises(JobError, match=r"\.csv, \.jsonl"):
        find_format([str(tmp_path)])


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_text("")
    with pytest.raises(JobError, match=r"\.xls"):
        find_format([str(tmp_path)])


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"none\.csv does not exist"):
        find_format([str(tmp_path / "none.csv")])
    with pytest.raises(JobError, match="nothing"):
        find_format([str(tmp_path)])


def test_a_csv_is_read_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('code,rate,day,note\n00123,1.50,2026-11-24,"x\ny"\n,true,,NULL\n')
    (tmp_path / "b.csv").write_text("code,rate\n7,x\n")
    rows = [tuple(row.values()) for row in read_arrow([str(tmp_path)], ".csv").to_pylist()]
    assert rows == [("00123", "1.50", "2026-11-24", "x\ny"), ("", "true", "", "NULL"), ("7", "x", None, None)]


ROW = {
    "code": "00123",
    "day": "2026-11-24",
    "days": ["2026-11-24 10:00:00", "2026-11-25 10:00:00"],
    "best": [{"id": "2026-11-24T10:00:00", "score": 1.5}],
    "number": 7,
    "nothing": None,
    "flag": True,
}


def test_texts_in_json_stay_texts_and_numbers_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(ROW) + "\n")
    (tmp_path / "b.jsonl").write_text(json.dumps(ROW | {"day": "not a day"}))
    (tmp_path / "c.jsonl").write_text("")
    assert read_arrow([str(tmp_path)], ".jsonl").to_pylist() == [ROW, ROW | {"day": "not a day"}]


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".csv"])
def test_a_column_is_read_alone_from_all_files(tmp_path: Path, suffix: str) -> None:
    for name, kinds in {"a": ["x", None], "b": [None, None]}.items():
        table, path = pyarrow.table({"n": [1, 2], "kind": pyarrow.array(kinds, pyarrow.string())}), tmp_path / name
        if suffix == ".parquet":
            parquet.write_table(table, path.with_suffix(suffix))
        elif suffix == ".csv":
            csv.write_csv(table, path.with_suffix(suffix))
        else:
            lines = [json.dumps(row) for row in table.to_pylist()]
            path.with_suffix(suffix).write_text("\n".join(lines))
    nothing = "" if suffix == ".csv" else None
    assert sorted(map(str, chain(*read_column(str(tmp_path), "kind", suffix)))) == sorted(["x", *[str(nothing)] * 3])
