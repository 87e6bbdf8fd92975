"""Reading question sets, and what is dropped from them."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from ops.layout import ROOT
from tests.support.paragraphs import TOWN, as_entry, write_jsonl
from training.data.qa_data import ReadReport, read_questions

CONTEXT = "苺を売る店がありました。"


def write_squad(path: Path, *entries: dict[str, Any]) -> Path:
    document = {"version": "2.0", "data": [{"title": "店", "paragraphs": [{"context": CONTEXT, "qas": list(entries)}]}]}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def entry(question: str, *answers: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {"id": 7, "question": question, "answers": [{"text": t, "answer_start": s} for t, s in answers]} | more


def test_jsonl_gives_the_paragraphs_as_they_were_written(tmp_path: Path) -> None:
    assert read_questions(write_jsonl(tmp_path / "town.jsonl", TOWN)) == list(TOWN)


def test_both_layouts_are_read_from_xz(tmp_path: Path) -> None:
    plain = write_jsonl(tmp_path / "town.jsonl", TOWN)
    (tmp_path / "town.jsonl.xz").write_bytes(lzma.compress(plain.read_bytes()))
    squad = {"data": [{"title": p.title, "paragraphs": [as_entry(p)]} for p in TOWN]}
    (tmp_path / "town.json.xz").write_bytes(lzma.compress(json.dumps(squad).encode()))
    assert read_questions(tmp_path / "town.jsonl.xz") == list(TOWN)
    assert read_questions(tmp_path / "town.json.xz") == list(TOWN)


def test_squad_json_takes_the_title_from_the_article(tmp_path: Path) -> None:
    (found,) = read_questions(write_squad(tmp_path / "shop.json", entry("何を売る店ですか", ("苺", 0))))
    assert (found.title, found.context) == ("店", CONTEXT)
    assert found.questions[0].id == "7"
    assert [(answer.text, answer.start) for answer in found.questions[0].answers] == [("苺", 0)]


def test_impossible_questions_have_no_answers_and_are_counted(tmp_path: Path) -> None:
    report = ReadReport()
    file = write_squad(
        tmp_path / "shop.json",
        entry("店員は誰ですか", is_impossible=True),
        entry("いつ開きますか"),
        entry("店主は誰ですか", ("店", 5), is_impossible=True),  # an answer that sounded plausible
    )
    (found,) = read_questions(file, report)
    assert [question.answers for question in found.questions] == [(), (), ()]
    assert (report.kept, report.unanswerable) == (3, 3)


def test_what_cannot_be_used_is_dropped_and_counted_by_reason(tmp_path: Path) -> None:
    report = ReadReport()
    file = write_squad(
        tmp_path / "shop.json",
        entry("  ", ("苺", 0)),
        entry("何を売る店ですか", ("苺", 3)),
        entry("何を売る店ですか", ("柿", 0)),
        entry("何を売る店ですか", (" ", 0)),
        entry("何を売る店ですか", ("苺", 3), ("苺", 0)),
    )
    (found,) = read_questions(file, report)
    assert [len(question.answers) for question in found.questions] == [1]
    assert report.kept == 1
    assert report.dropped == {"empty question": 1, "answer not in the context at its offset": 3}


def test_the_question_type_is_kept(tmp_path: Path) -> None:
    (found,) = read_questions(
        write_squad(tmp_path / "shop.json", entry("何を売る店ですか", ("苺", 0), question_type="easy"))
    )
    assert found.questions[0].kind == "easy"


def test_every_everyday_answer_stands_where_it_is_said_to() -> None:
    report = ReadReport()
    paragraphs = read_questions(ROOT / "training" / "everyday.jsonl", report)
    assert (len(paragraphs), report.kept, report.unanswerable) == (30, 100, 0)
    assert not report.dropped


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("list.json", b"[]", "'data' is missing"),
        ("broken.json", b"{", "Expecting property name"),
        ("broken.jsonl", b"text", "Expecting value"),
        ("numbers.jsonl", b"1", "attribute"),
        ("bare.jsonl", b'{"title": "x"}', "'context' is missing"),
        ("bare.jsonl", b'{"context": "x", "qas": [{}]}', "'question' is missing"),
        ("binary.jsonl", b"\xff", "decode"),
        ("short.jsonl.xz", b"\xfd7zXZ", "ended before"),
    ],
)
def test_a_file_of_another_layout_is_refused_by_name(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name}.*neither.*{reason}"):
        read_questions(tmp_path / name)
