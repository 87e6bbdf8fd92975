"""``luke-qa eval``."""

import json
import lzma
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from luke_qa_client.evaluation import Answer, Paragraph, Question, read_questions
from tests.unit.client.cli.command import PAGE, assert_fails, luke_qa, questions, without_figures
from tests.unit.client.process import run_python
from tests.unit.client.stub import HttpStub, Received, Said, answers_natively, refusal, says


def squad(path: Path, *paragraphs: tuple[str, Sequence[tuple[str, str | None]]]) -> Path:
    """A file in SQuAD's layout; an answer of None makes a question that has none."""
    found = [
        {
            "context": context,
            "qas": [
                {
                    "id": f"{number}-{index}",
                    "question": question,
                    "is_impossible": answer is None,
                    "answers": [] if answer is None else [{"text": answer, "answer_start": context.index(answer)}],
                }
                for index, (question, answer) in enumerate(asked)
            ],
        }
        for number, (context, asked) in enumerate(paragraphs)
    ]
    document = {"version": "v2.0", "data": [{"title": "苺", "paragraphs": found}]}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


ANSWERABLE = (
    ("私は苺が好きです。", [("何が好きですか", "苺"), ("誰が好きですか", "私")]),
    ("苺ジャムを売る店が駅前にあります。", [("何を売る店ですか", "苺ジャム"), ("店はどこにありますか", "駅前")]),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return squad(tmp_path / "questions.json", *ANSWERABLE)


def report(run: Any) -> Any:
    return json.loads(run.stdout)


def test_what_is_told_has_the_form_that_the_page_shows(http_stub: HttpStub, data: Path) -> None:
    run = luke_qa("eval", str(data), "--url", http_stub.url)
    assert (run.returncode, run.stderr) == (0, b"")
    shown = without_figures(PAGE.partition("$ luke-qa eval ")[2].partition("```")[0]).splitlines()
    told = without_figures(run.stdout.decode()).splitlines()
    risk = "Risk and coverage: area 0."
    (told_risk,) = (line for line in told if line.startswith(risk))
    (shown_risk,) = (line for line in shown if line.startswith(risk))
    assert told[0].split() == shown[1].split()
    assert told_risk == f"{risk} No score threshold gives 0% correct answers."
    assert shown_risk.startswith(f"{risk} With a score threshold of 0, 0% of the answers are correct")
    assert {line.split("  ")[0] for line in told} <= {line.split("  ")[0] for line in shown} | {told_risk}


def test_figures_are_those_of_the_answers(http_stub: HttpStub, data: Path) -> None:
    found = report(luke_qa("eval", str(data), "--json", "--url", http_stub.url))
    rows = {(row["group"], row["label"]): row for row in found["rows"]}
    # The stub says 苺, 私, 苺 and 苺: right, right, one character of four, none of two.
    assert rows["all", ""] == {
        "group": "all",
        "label": "",
        "count": 4,
        "exact_match": 50.0,
        "f1": pytest.approx((100 + 100 + 40 + 0) / 4),
    }
    assert rows["answer length", "3-5"]["f1"] == pytest.approx(40)
    assert found["reliability"]["error"] == pytest.approx(0.9910 - 0.5)
    assert (found["no_answer"], found["card"], found["failures"]) == (None, None, [])
    assert found["surest"] is None
    assert "handle_impossible_answer" not in questions(http_stub)[0].body


def test_impossible_questions_may_be_answered_by_none(http_stub: HttpStub, tmp_path: Path) -> None:
    data = squad(tmp_path / "two.json", *ANSWERABLE, ("今日は雨です。", [("何が好きですか", None)]))
    found = report(luke_qa("eval", str(data), "--json", "--url", http_stub.url))
    assert found["no_answer"] == {"questions": 1, "said": 1, "rightly": 1}
    assert all(received.body["handle_impossible_answer"] is True for received in questions(http_stub))
    told = luke_qa("eval", str(data), "--url", http_stub.url).stdout.decode()
    assert "No answer: returned 1 times, 1 of them correct (precision 100.0%, recall 100.0%)." in told


@pytest.mark.parametrize(
    ("name", "options", "shown"), [("DDQA_test.json", (), True), ("x.json", ("--ddqa",), True), ("x.json", (), False)]
)
def test_the_cards_figures_stand_beside_those_of_its_data(
    http_stub: HttpStub, tmp_path: Path, name: str, options: tuple[str, ...], shown: bool
) -> None:
    data = squad(tmp_path / name, *ANSWERABLE)
    told = luke_qa("eval", str(data), *options, "--url", http_stub.url).stdout.decode()
    assert ("84.6   92.0" in told) is shown
    assert ("They are not comparable" in told) is shown
    found = report(luke_qa("eval", str(data), *options, "--json", "--url", http_stub.url))
    assert found["card"] == ({"exact_match": 0.8459, "f1": 0.9197, "count": 1045} if shown else None)


def test_a_directory_gets_the_report_and_the_pictures(http_stub: HttpStub, data: Path) -> None:
    out = data.parent / "new" / "report"
    printed = luke_qa("eval", str(data), "--json", "--output", str(out), "--url", http_stub.url)
    assert sorted(path.name for path in out.iterdir()) == ["reliability.png", "report.json", "risk_coverage.png"]
    assert json.loads((out / "report.json").read_text("utf-8")) == report(printed)


def test_without_the_extra_nothing_is_asked(http_stub: HttpStub, data: Path) -> None:
    program = f"""
import sys
sys.modules["matplotlib"] = None
sys.stderr = sys.stdout
from luke_qa_client._cli import main
print(main(["eval", {str(data)!r}, "--output", {str(data.parent / "out")!r}, "--url", "{http_stub.url}"]))
print(main(["eval", {str(data)!r}, "--json", "--url", "{http_stub.url}"]))
"""
    sentence, status, _, measured = run_python(program).splitlines()
    assert "pip install luke_qa_client[eval]" in sentence
    assert (status, measured) == ("2", "0")


def test_a_question_that_is_not_answered_is_named_and_counts_as_wrong(http_stub: HttpStub, data: Path) -> None:
    def rule(received: Received) -> Said:
        asked = received.body and received.body["question"]
        return says(refusal(400, "invalid_value")) if asked and "誰" in str(asked) else answers_natively(received)

    http_stub.rule = rule
    run = luke_qa("eval", str(data), "--url", http_stub.url)
    assert run.returncode == 1
    told = run.stdout.decode()
    assert "Failed, and counted as wrong: 1 BadRequestError. The first is question 0-1: This is invalid_value." in told
    found = report(luke_qa("eval", str(data), "--json", "--url", http_stub.url))
    assert found["rows"][0]["exact_match"] == 25.0
    assert found["failures"] == [
        {
            "question_id": "0-1",
            "question": "誰が好きですか",
            "kind": "BadRequestError",
            "message": "This is invalid_value.",
        }
    ]


def test_the_wrong_answers_are_listed_in_their_sentence_and_written_for_training(
    http_stub: HttpStub, data: Path
) -> None:
    file = data.parent / "wrong.jsonl"
    run = luke_qa("eval", str(data), "--show-wrong", str(file), "--url", http_stub.url)
    told = run.stdout.decode()
    rest = "  got       苺  0.9910\n  in        苺ジャムを売る店が駅前にあります。\n"
    listed = told[told.index("何を売る店ですか") :]
    assert listed == f"何を売る店ですか\n  expected  苺ジャム\n{rest}\n店はどこにありますか\n  expected  駅前\n{rest}"
    assert run.stderr.decode() == f"luke-qa: 2 of 4 answers are wrong: see {file}.\n"
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [line["got"]["answer"] for line in lines] == ["苺", "苺"]
    assert read_questions(file) == [
        Paragraph("苺", "苺ジャムを売る店が駅前にあります。", (Question(id, text, (Answer(gold, start),)),))
        for id, text, gold, start in (
            ("1-0", "何を売る店ですか", "苺ジャム", 0),
            ("1-1", "店はどこにありますか", "駅前", 9),
        )
    ]


def test_a_file_that_exists_is_not_overwritten_by_wrong_answers(http_stub: HttpStub, data: Path) -> None:
    run = luke_qa("eval", str(data), "--show-wrong", str(data), "--url", http_stub.url)
    assert_fails(run, 2, f"{data} exists already")
    assert not questions(http_stub)


def test_the_report_says_how_sure_the_answers_were_and_whether_they_were_right(
    http_stub: HttpStub, tmp_path: Path
) -> None:
    data = squad(tmp_path / "three.json", *ANSWERABLE, ("今日は雨です。", [("何が好きですか", None)]))
    found = report(luke_qa("eval", str(data), "--json", "--url", http_stub.url))
    high, low, none = found["states"]
    # 苺 of 苺ジャム is at the right place; 苺 instead of 駅前 is not.
    assert high == {"confidence": "high", "count": 4, "exact_match": 50.0, "right_place": 75.0}
    assert low["count"] == 0
    assert none == {"confidence": "none", "count": 1, "exact_match": 100.0, "right_place": 100.0}
    assert found["place"]["reliability"]["error"] == pytest.approx(0.98 - 0.75)
    told = luke_qa("eval", str(data), "--url", http_stub.url).stdout.decode()
    assert "With a place_score of 0.980 or more" not in told  # 75% are right, less than 80%
    assert "Place: ECE 0.230" in told


def test_a_question_without_an_id_is_named_by_its_text(http_stub: HttpStub, data: Path) -> None:
    data.write_text(data.read_text("utf-8").replace('"id"', '"no id"'), "utf-8")
    http_stub.rule = lambda r: answers_natively(r) if r.body is None else says(refusal(400, "invalid_value"))
    told = luke_qa("eval", str(data), "--url", http_stub.url).stdout.decode()
    assert "The first is question 何が好きですか: This is invalid_value." in told


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".json.xz"])
def test_a_byte_order_mark_is_no_part_of_the_data(http_stub: HttpStub, tmp_path: Path, suffix: str) -> None:
    document = json.loads(squad(tmp_path / "plain.json", *ANSWERABLE).read_text("utf-8"))
    if suffix == ".jsonl":
        document = document["data"][0]["paragraphs"][0]
    content = json.dumps(document).encode("utf-8-sig")
    data = tmp_path / f"data{suffix}"
    data.write_bytes(lzma.compress(content) if suffix.endswith(".xz") else content)
    assert luke_qa("eval", str(data), "--url", http_stub.url).returncode == 0


def test_what_is_left_out_of_the_data_is_told(http_stub: HttpStub, data: Path) -> None:
    document = json.loads(data.read_text("utf-8"))
    document["data"][0]["paragraphs"][0]["qas"][0]["answers"][0]["answer_start"] = 7
    data.write_text(json.dumps(document), "utf-8")
    told = luke_qa("eval", str(data), "--url", http_stub.url).stdout.decode()
    assert "Questions skipped: 1 (answer not in the context at its offset)." in told


def test_a_limit_draws_the_same_questions_every_time(http_stub: HttpStub, data: Path) -> None:
    for _ in range(2):
        assert report(luke_qa("eval", str(data), "--limit", "2", "--json", "--url", http_stub.url))["questions"] == 2
    asked = [str(received.body["question"]) for received in questions(http_stub)]
    assert sorted(asked[: len(asked) // 2]) == sorted(asked[len(asked) // 2 :])


def test_a_server_that_goes_away_leaves_no_report(http_stub: HttpStub, data: Path) -> None:
    http_stub.rule = lambda r: answers_natively(r) if r.body is None else says(refusal(400, "InvalidKeyException"))
    assert_fails(
        luke_qa("eval", str(data), "--url", http_stub.url), 1, "The evaluation was stopped. This is InvalidKey"
    )


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.json", None, "cannot be read: No such file"),
        ("list.json", "[]", "'data' is missing"),
        ("broken.jsonl", "{", "neither SQuAD JSON"),
        ("empty.json", '{"data": []}', "contains no questions"),
        ("broken.json.xz", "{", "neither SQuAD JSON"),
        ("deep.json", "[" * 100_000, "neither SQuAD JSON"),
        ("deep.jsonl", "[" * 100_000, "neither SQuAD JSON"),
    ],
)
def test_data_that_cannot_be_read_is_a_sentence(
    http_stub: HttpStub, tmp_path: Path, name: str, content: str | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    assert_fails(luke_qa("eval", str(tmp_path / name), "--url", http_stub.url), 2, sentence)


def test_a_directory_that_cannot_be_made_is_a_sentence(http_stub: HttpStub, data: Path) -> None:
    run = luke_qa("eval", str(data), "--output", str(data), "--url", http_stub.url)
    assert_fails(run, 2, f"{data} cannot be created")
    assert not questions(http_stub)
