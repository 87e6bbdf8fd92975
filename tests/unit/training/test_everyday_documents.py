"""The second evaluation set: its counts, its offsets, and its independence."""

import json
from collections import Counter
from typing import Any, Final

import pytest

from ops.layout import ROOT
from training.data.leaks import find_leaks
from training.data.qa_data import ReadReport, read_questions

FILE: Final = ROOT / "training" / "everyday_documents.jsonl"
OTHER_SET: Final = ROOT / "training" / "everyday.jsonl"
MAX_ANSWERS: Final = 3

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def questions(rows: list[Row]) -> list[Row]:
    return [question for row in rows for question in row["qas"]]


def test_the_set_has_the_counts_that_its_figures_are_reported_for(rows: list[Row], questions: list[Row]) -> None:
    assert len(rows) == 30
    kinds = Counter(question["question_type"] for question in questions)
    assert kinds == {"easy": 35, "hard": 65, "unanswerable": 20}


def test_nothing_is_dropped_when_the_set_is_read() -> None:
    report = ReadReport()
    read_questions(FILE, report)
    assert (report.kept, report.unanswerable, dict(report.dropped)) == (120, 20, {})


def test_every_answer_stands_where_it_says(rows: list[Row]) -> None:
    for row in rows:
        for question in row["qas"]:
            for answer in question["answers"]:
                start, text = answer["answer_start"], answer["text"]
                assert row["context"][start : start + len(text)] == text, question["id"]
                assert text == text.strip(), question["id"]
                assert "。" not in text, question["id"]


def test_the_unanswerable_questions_alone_have_no_answers(questions: list[Row]) -> None:
    for question in questions:
        assert (question["question_type"] == "unanswerable") == (question["answers"] == []), question["id"]
        texts = [answer["text"] for answer in question["answers"]]
        assert len(texts) == len(set(texts)) <= MAX_ANSWERS, question["id"]


def test_ids_name_the_text_and_the_question(rows: list[Row], questions: list[Row]) -> None:
    expected = [f"documents-{t:02}-{q}" for t, row in enumerate(rows, 1) for q in range(1, len(row["qas"]) + 1)]
    ids = [question["id"] for question in questions]
    assert ids == expected


def test_no_context_occurs_twice_in_the_two_sets(rows: list[Row]) -> None:
    contexts = [row["context"] for row in rows] + [paragraph.context for paragraph in read_questions(OTHER_SET)]
    assert len(contexts) == len(set(contexts))


def test_no_text_and_no_question_holds_an_example_of_the_documents() -> None:
    assert find_leaks(FILE.read_text("utf-8")) == []
