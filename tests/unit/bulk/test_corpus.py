"""A corpus from files."""

import json
from pathlib import Path

import pyarrow
import pytest
from pyarrow import csv, parquet

from bulk.corpus import check_size, read_corpus, texts_of
from bulk.job import Corpus, JobError

TABLE = pyarrow.table({"n": [3, 1, 2], "body": ["三\n本目", "一本目", "二本目"], "other": [None, 1, 2]})


def corpus(path: Path) -> Corpus:
    return Corpus((str(path),), id="n", text="body")


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_documents_keep_their_order_in_every_format(tmp_path: Path) -> None:
    parquet.write_table(TABLE, tmp_path / "a.parquet")
    csv.write_csv(TABLE, tmp_path / "a.csv")
    jsonl(tmp_path / "a.jsonl", *TABLE.to_pylist())
    for name in ("a.parquet", "a.csv", "a.jsonl"):
        read = read_corpus(corpus(tmp_path / name))
        assert read.to_pydict() == {"id": ["3", "1", "2"], "text": ["三\n本目", "一本目", "二本目"]}, name


def test_a_long_document_is_read(tmp_path: Path) -> None:
    read = read_corpus(corpus(jsonl(tmp_path / "a.jsonl", {"n": "x", "body": "長" * 1_000_000})))
    assert len(read["text"][0].as_py()) == 1_000_000


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"n": 1}], "no column 'body'"),
        ([{"n": 1, "body": "一"}, {"n": 1, "body": "二"}], "several documents with the id '1'"),
        ([{"n": None, "body": "一"}, {"n": 1, "body": "二"}], "'n' of the corpus has no value in 1 of 2 rows"),
        ([{"n": 1, "body": ["一"]}], "'body' of the corpus holds list"),
    ],
)
def test_an_unusable_corpus_is_refused(tmp_path: Path, rows: list[object], message: str) -> None:
    with pytest.raises(JobError, match=message):
        read_corpus(corpus(jsonl(tmp_path / "a.jsonl", *rows)))


def test_texts_are_found_by_their_ids(tmp_path: Path) -> None:
    parquet.write_table(TABLE, tmp_path / "a.parquet")
    assert texts_of(read_corpus(corpus(tmp_path / "a.parquet")), ["2", "3", "2", "9"]) == {
        "2": "二本目",
        "3": "三\n本目",
    }


def test_a_corpus_that_engines_cannot_hold_is_refused(tmp_path: Path) -> None:
    documents = read_corpus(
        corpus(jsonl(tmp_path / "a.jsonl", {"n": 1, "body": "あ" * 10}, {"n": 2, "body": "い" * 5}))
    )
    check_size(documents, 15)
    with pytest.raises(JobError, match=r"15 characters.*--documents-column"):
        check_size(documents, 14)
