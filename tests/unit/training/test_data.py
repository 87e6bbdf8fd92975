"""Reading question data, and what must not be in it."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ops.layout import ROOT
from training.leaks import FORBIDDEN, find_leaks
from training.qa_data import ReadReport, read_questions

CONTEXT = "駅の北口に新しい図書館ができた。"
QUESTION = {"id": "1", "question": "図書館はどこにできたか", "answers": [{"text": "駅の北口", "answer_start": 0}]}
PARAGRAPH: dict[str, Any] = {"context": CONTEXT, "qas": [QUESTION]}


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return path


def test_squad_json_and_jsonl_are_read_alike(tmp_path: Path) -> None:
    squad = write(tmp_path / "a.json", {"data": [{"title": "駅", "paragraphs": [PARAGRAPH]}]})
    lines = write(tmp_path / "a.jsonl", PARAGRAPH | {"title": "駅"})
    (paragraph,) = read_questions(squad)
    assert read_questions(lines) == [paragraph]
    (question,) = paragraph.questions
    assert (paragraph.title, question.text, question.answers[0].text) == ("駅", QUESTION["question"], "駅の北口")


def test_what_is_dropped_is_counted_with_its_reason(tmp_path: Path) -> None:
    misplaced = {**QUESTION, "answers": [{"text": "駅の北口", "answer_start": 3}]}
    impossible = {"id": "3", "question": "図書館は何階建てか", "answers": [], "is_impossible": True}
    blank = {**QUESTION, "question": " "}
    file = write(tmp_path / "a.jsonl", {"context": CONTEXT, "qas": [QUESTION, misplaced, impossible, blank]})
    report = ReadReport()
    (paragraph,) = read_questions(file, report)
    assert [len(question.answers) for question in paragraph.questions] == [1, 0]
    assert (report.kept, report.unanswerable, report.dropped.total()) == (2, 1, 2)


def test_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither SQuAD JSON"):
        read_questions(write(tmp_path / "a.json", [1, 2]))


def test_the_everyday_set_is_whole() -> None:
    paragraphs = read_questions(ROOT / "training" / "everyday.jsonl", report := ReadReport())
    assert (len(paragraphs), report.kept, report.dropped.total(), report.unanswerable) == (30, 100, 0, 0)


def test_composed_texts_hold_none_of_the_examples_of_tests_and_documents() -> None:
    from training.everyday.source import EverydaySource

    source = EverydaySource(encoder=None, pool=("灯台", "歯車", "便箋"))  # type: ignore[arg-type]
    rng = random.Random(5)
    for _ in range(2000):
        question, context, answer = source.compose(rng)
        assert find_leaks(question + context) == []
        if answer is not None:
            assert context[slice(*answer)]
            assert context[slice(*answer)] not in question
    assert find_leaks("好きな食べ物は苺です") == ["苺"]
    assert "EIMI" in FORBIDDEN
