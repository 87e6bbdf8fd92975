"""Questions in every form that they are published in."""

import json
import lzma
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from luke_qa_client.evaluation import Paragraph, ReadReport, read_questions
from luke_qa_client.evaluation.questions import Answer, Question

FIRST, SECOND = "私は苺が好きです。", "灯台は早川さんが設計した。"
# As ``datasets`` has SQuAD: one row a question, the answers as columns.
ROWS: list[dict[str, Any]] = [
    {"id": "1", "title": "苺", "context": FIRST, "question": "何が", "answers": {"text": ["苺"], "answer_start": [2]}},
    {"id": "2", "title": "苺", "context": FIRST, "question": "いつ", "answers": {"text": [], "answer_start": []}},
    {
        "id": "3",
        "title": "灯台",
        "context": SECOND,
        "question": "誰が",
        "answers": {"text": ["早川", "早川さん"], "answer_start": [3, 3]},
    },
]
EXPECTED = [
    Paragraph("苺", FIRST, (Question("1", "何が", (Answer("苺", 2),)), Question("2", "いつ", ()))),
    Paragraph("灯台", SECOND, (Question("3", "誰が", (Answer("早川", 3), Answer("早川さん", 3))),)),
]


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.mark.parametrize("name", ["flat.jsonl", "flat.json", "flat.jsonl.xz", "flat.parquet"])
def test_flat_rows_are_read_as_paragraphs(tmp_path: Path, name: str) -> None:
    file, report = tmp_path / name, ReadReport()
    if name.endswith(".parquet"):
        parquet.write_table(pyarrow.Table.from_pylist(ROWS), file)
    else:
        raw = lines(ROWS).encode()
        file.write_bytes(lzma.compress(raw) if name.endswith(".xz") else raw)
    assert read_questions(file, report) == EXPECTED
    assert (report.kept, report.unanswerable) == (3, 1)


def test_flat_rows_may_lack_what_is_not_needed(tmp_path: Path) -> None:
    file = tmp_path / "flat.jsonl"
    file.write_text(
        lines([{"context": FIRST, "question": "何が", "answers": [{"text": "苺", "answer_start": 2}]}]), "utf-8"
    )
    assert read_questions(file) == [Paragraph("", FIRST, (Question("", "何が", (Answer("苺", 2),)),))]


def test_an_answer_that_is_not_in_its_place_is_dropped_from_flat_rows_too(tmp_path: Path) -> None:
    file, report = tmp_path / "flat.jsonl", ReadReport()
    wrong = {**ROWS[0], "answers": {"text": ["苺"], "answer_start": [3]}}
    file.write_text(lines([wrong, ROWS[2]]), "utf-8")
    assert [paragraph.questions for paragraph in read_questions(file, report)] == [(), EXPECTED[1].questions]
    assert dict(report.dropped) == {"answer not in the context at its offset": 1}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", b"PAR1"),
        ("a.jsonl", b'{"question": "q"}'),
        ("a.jsonl", b'{"question": "q", "context": "c"}'),
        ("a.jsonl", b'{"question": "q", "context": "c", "answers": {"text": ["c"], "answer_start": []}}'),
        ("a.json", b"[]"),
        ("a.json", b""),
    ],
)
def test_anything_else_is_told_what_is_missing(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"neither SQuAD JSON \(an object with 'data'\) nor JSONL or Parquet"):
        read_questions(tmp_path / name)
