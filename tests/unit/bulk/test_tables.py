"""Formats by the names of files."""

from pathlib import Path

import pytest

from bulk.job import JobError
from bulk.tables import find_format


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
