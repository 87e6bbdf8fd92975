"""The report of a small set, worked out by hand."""

from pathlib import Path

import pytest

from luke_qa_client import Answer, TimedOutError
from luke_qa_client.evaluation.breakdown import Row
from luke_qa_client.evaluation.outcomes import Outcome, score_answer
from luke_qa_client.evaluation.plots import draw_report
from luke_qa_client.evaluation.questions import Answer as Gold
from luke_qa_client.evaluation.questions import Question
from luke_qa_client.evaluation.report import Failure, NoAnswer, Report, measure
from tests.unit.client.evaluation.about import about
from tests.unit.client.process import run_python

PNG = b"\x89PNG\r\n\x1a\n"


def question(number: int, text: str, *golds: str) -> Question:
    return Question(f"q{number}", text, tuple(Gold(gold, 0) for gold in golds))


def answered(asked: Question, text: str, sure: float) -> Outcome:
    return score_answer(asked, Answer(text, sure, None, None, None, no_answer_score=0.0, request_id=""))


OUTCOMES = [
    answered(question(1, "何ですか", "苺"), "苺", 0.95),
    answered(question(2, "いつできましたか", "1921年"), "1921", 0.85),  # F1 8/9
    answered(question(3, "誰がこの町の図書館を設計しましたか", "森下誠", "森下"), "森下", 0.75),
    answered(question(4, "何色ですか"), "", 0.65),  # rightly none
    answered(question(5, "何個ですか"), "三", 0.55),
    answered(question(6, "どこですか", "校庭"), "", 0.45),  # wrongly none
    score_answer(question(7, "どれですか", "柿"), TimedOutError("No reply came.")),
]


@pytest.fixture
def report() -> Report:
    return measure(OUTCOMES)


def test_rows_are_percentages_and_a_failure_counts_as_wrong(report: Report) -> None:
    rows = {(row.group, row.label): row for row in report.rows}
    assert rows["all", ""] == Row("all", "", 7, about(300 / 7), about((300 + 800 / 9) / 7))
    assert rows["", "with an answer"] == Row("", "with an answer", 5, 40.0, about((200 + 800 / 9) / 5))
    assert rows["", "without an answer"] == Row("", "without an answer", 2, 50.0, 50.0)
    assert (rows["question length", "1-10"].count, rows["question length", "11-20"].count) == (6, 1)
    assert rows["answer length", "1-2"] == Row("answer length", "1-2", 3, about(100 / 3), about(100 / 3))
    assert rows["answer length", "3-5"].count == 2


def test_every_group_counts_each_question_once(report: Report) -> None:
    counts: dict[str, int] = {}
    for row in report.rows:
        counts[row.group] = counts.get(row.group, 0) + row.count
    assert counts == {"all": 7, "": 7, "question length": 7, "answer length": 5}


def test_no_answer_is_counted_where_it_was_said(report: Report) -> None:
    assert report.no_answer == NoAnswer(questions=2, said=2, rightly=1)


def test_scores_are_held_against_what_came(report: Report) -> None:
    assert sum(b.count for b in report.reliability.bins) == 6
    distances = [1 - 0.95, 0.85, 1 - 0.75, 1 - 0.65, 0.55, 0.45]
    assert report.reliability.error == pytest.approx(sum(distances) / 6)


def test_from_which_score_on_answers_are_right_nine_times_of_ten(report: Report) -> None:
    assert report.surest is not None
    assert report.surest.score == 0.95
    assert report.surest.coverage == pytest.approx(1 / 7)


def test_failures_are_named(report: Report) -> None:
    assert report.failures == (Failure("q7", "どれですか", "TimedOutError", "No reply came."),)


def test_a_set_without_impossible_questions_has_no_such_figures() -> None:
    report = measure(OUTCOMES[:3])
    assert report.no_answer is None
    assert [row.group for row in report.rows] == [
        "all",
        "question length",
        "question length",
        "answer length",
        "answer length",
    ]


def test_a_set_of_impossible_questions_has_no_answer_lengths() -> None:
    report = measure(OUTCOMES[3:5])
    assert [(row.group, row.label) for row in report.rows] == [
        ("all", ""),
        ("", "without an answer"),
        ("question length", "1-10"),
    ]


@pytest.mark.parametrize("outcomes", [OUTCOMES, OUTCOMES[4:6], OUTCOMES[6:]])
def test_any_report_can_be_drawn(outcomes: list[Outcome], tmp_path: Path) -> None:
    draw_report(measure(outcomes), tmp_path)
    for name in ("reliability.png", "risk_coverage.png"):
        assert (tmp_path / name).read_bytes().startswith(PNG)


def test_the_same_report_is_drawn_the_same(report: Report, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    draw_report(report, tmp_path)
    draw_report(report, tmp_path / "again")
    for name in ("reliability.png", "risk_coverage.png"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_measuring_needs_no_extra() -> None:
    program = """
import sys
import luke_qa_client.evaluation
print(*sys.modules)
"""
    assert not {"matplotlib", "numpy", "rich"} & set(run_python(program).split())
