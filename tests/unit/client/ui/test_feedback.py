"""What a visitor says of an answer, and the file that keeps it."""

from pathlib import Path

import pytest

from luke_qa_client._ui.documents import Document
from luke_qa_client._ui.feedback import FeedbackFile, Verdict, chosen_span, to_lines
from luke_qa_client.evaluation import Answer, Paragraph, Question, read_questions

QUESTION = "何が好きですか"
TEXTS = (Document("今日は雨です。"), Document("😀私は\r\n苺が 好きです。", "好き.txt"))


@pytest.mark.parametrize(
    ("start", "end", "selected"),
    [
        (4, 5, "苺"),  # after 😀, which is one code point, and the line break, which the browser counts as one
        (3, 7, "苺が"),  # with the line break before it and the space after it
        (0, 99, "😀私は\r\n苺が 好きです。"),
    ],
)
def test_a_selection_is_a_place_in_the_text_as_it_was_given(start: int, end: int, selected: str) -> None:
    found = chosen_span(TEXTS, 1, start, end)
    assert found is not None
    assert found.document == 1
    assert TEXTS[1].text[found.start : found.end] == selected


@pytest.mark.parametrize(
    ("document", "start", "end"),
    [(None, None, None), (2, 0, 1), (-1, 0, 1), (1, 3, 4), (1, 5, 5), (1, 5, 2), (1, "0", 1), (True, 0, 1)],
)
def test_what_selects_nothing_is_no_verdict(document: object, start: object, end: object) -> None:
    assert chosen_span(TEXTS, document, start, end) is None


def test_an_answer_makes_one_question_over_its_text(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(to_lines("r", QUESTION, TEXTS, Verdict(1, 5, 6))), "utf-8")
    paragraph = Paragraph("好き.txt", TEXTS[1].text, (Question("r", QUESTION, (Answer("苺", 5),)),))
    assert read_questions(file) == [paragraph]


def test_no_answer_makes_an_unanswerable_question_over_each_text(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(to_lines("r", QUESTION, TEXTS, Verdict())), "utf-8")
    found = read_questions(file)
    assert [paragraph.questions for paragraph in found] == [
        (Question("r-0", QUESTION, ()),),
        (Question("r-1", QUESTION, ()),),
    ]


def questions(file: Path) -> list[str]:
    return [paragraph.questions[0].id for paragraph in read_questions(file)]


def test_a_verdict_replaces_the_earlier_one_and_can_be_taken_back(tmp_path: Path) -> None:
    feedback = FeedbackFile(tmp_path / "a.jsonl")
    assert feedback.path.read_text() == ""
    feedback.give("a", to_lines("a", QUESTION, TEXTS[1:], Verdict(0, 5, 6)))
    feedback.give("b", to_lines("b", QUESTION, TEXTS[:1], Verdict()))
    feedback.give("a", to_lines("a", QUESTION, TEXTS[1:], Verdict()))
    assert questions(feedback.path) == ["a-0", "b-0"]
    feedback.take_back("a")
    feedback.take_back("never given")
    assert questions(feedback.path) == ["b-0"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_what_the_file_held_before_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(to_lines("old", QUESTION, TEXTS[:1], Verdict())[0], "utf-8")  # without a line break at its end
    feedback = FeedbackFile(file)
    feedback.give("new", to_lines("new", QUESTION, TEXTS[:1], Verdict()))
    assert questions(file) == ["old-0", "new-0"]


def test_what_others_write_meanwhile_stays(tmp_path: Path) -> None:
    one, other = (FeedbackFile(tmp_path / "a.jsonl") for _ in range(2))
    one.give("a", to_lines("a", QUESTION, TEXTS[:1], Verdict()))
    other.give("b", to_lines("b", QUESTION, TEXTS[:1], Verdict()))
    with one.path.open("a", encoding="utf-8") as file:
        file.write(to_lines("by hand", QUESTION, TEXTS[:1], Verdict())[0])
    one.take_back("a")
    one.give("\ud800", to_lines("\ud800", "\ud800", TEXTS[:1], Verdict()))
    one.give("c", to_lines("c", QUESTION, TEXTS[:1], Verdict()))
    assert sorted(questions(one.path)) == ["b-0", "by hand-0", "c-0", "\ud800-0"]


def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("notes")
    with pytest.raises(ValueError, match="neither SQuAD"):
        FeedbackFile(file)
    assert file.read_text() == "notes"
