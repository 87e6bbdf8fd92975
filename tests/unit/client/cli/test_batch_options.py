"""``luke-qa batch``: the tables that people have, what is added to them, and mending what failed."""

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from tests.support.files import pdf
from tests.unit.client.cli.command import QUESTION, assert_fails, luke_qa, questions
from tests.unit.client.stub import HttpStub, answers_natively, refusal, says

COLUMNS = ("--question-column", "質問", "--context-column", "本文")
ROWS = [{"番号": "一", "質問": QUESTION, "本文": "私は苺が好きです。"}, {"番号": "二", "質問": QUESTION, "本文": "苺"}]
ADDED = ["answer", "score", "start", "end", "document", "no_answer_score", "place_score", "confidence"]


def table(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(map(str, cells)) for cells in (rows[0], *(row.values() for row in rows))) + "\n"


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    book.save(path)
    return path


def cells(path: Path) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path).active.values)


def read_csv(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def asked(stub: HttpStub) -> list[tuple[Any, Any]]:
    return [(received.body["question"], received.body["context"]) for received in questions(stub) if received.body]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("cp932", "Shift_JIS (CP932)"),
        ("euc_jp", "EUC-JP"),
        ("utf-16", "UTF-16"),
        ("iso2022_jp", "ISO-2022-JP"),
    ],
)
def test_tables_in_the_encodings_of_japanese_with_columns_of_other_names(
    http_stub: HttpStub, tmp_path: Path, suffix: str, encoding: str, told: str | None
) -> None:
    data, out = tmp_path / f"in.{suffix}", tmp_path / "out.tsv"
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    data.write_bytes((lines if suffix == "jsonl" else table(ROWS, "\t" if suffix == "tsv" else ",")).encode(encoding))
    run = luke_qa("batch", str(data), str(out), *COLUMNS, "--url", http_stub.url)
    said = f"luke-qa: {data} is read as {told}.\n" if told else ""
    assert (run.returncode, run.stderr.decode()) == (0, f"{said}luke-qa: 2 answered.\n")
    found = read_csv(out, delimiter="\t")
    assert [{name: row[name] for name in ROWS[0]} for row in found] == ROWS
    assert list(found[0]) == [*ROWS[0], *ADDED]
    assert [row["start"] for row in found] == ["2", "0"]


def test_an_encoding_that_is_given_is_not_guessed(http_stub: HttpStub, tmp_path: Path) -> None:
    data = tmp_path / "in.csv"
    data.write_bytes(b"question,context\n" + "何が好きですか,私は苺が好きです。\n".encode("cp932"))
    options = ("--url", http_stub.url, "--encoding")
    assert luke_qa("batch", str(data), str(tmp_path / "out.csv"), *options, "Shift_JIS").returncode == 0
    assert asked(http_stub) == [("何が好きですか", "私は苺が好きです。")]
    run = luke_qa("batch", str(data), "-", *options, "utf-8")
    assert run.returncode == 1
    assert json.loads(run.stderr.splitlines()[0])["error"]["message"] == "The row is not UTF-8."
    assert_fails(luke_qa("batch", str(data), "-", *options, "klingon"), 2, "--encoding klingon is not known.")


def test_a_header_in_another_encoding_than_the_given_one_is_a_sentence(http_stub: HttpStub, tmp_path: Path) -> None:
    data = tmp_path / "in.csv"
    data.write_bytes(table(ROWS).encode("cp932"))
    run = luke_qa(
        "batch", str(data), str(tmp_path / "out.csv"), *COLUMNS, "--encoding", "utf-8", "--url", http_stub.url
    )
    assert_fails(run, 2, "is not UTF-8: give its encoding with --encoding.")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_excel_in_and_out(http_stub: HttpStub, tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["番号", "質問", "本文", None],
        [1, QUESTION, "梨と苺"],
        [None, None, None],
        [2.5, 5, "苺"],
        [True, QUESTION, "苺あ"],
    ]
    data, out = workbook(tmp_path / "in.xlsx", rows), tmp_path / "out.xlsx"
    run = luke_qa("batch", str(data), str(out), *COLUMNS, "--url", http_stub.url)
    assert run.returncode == 1
    found = cells(out)
    assert found[0] == ("番号", "質問", "本文", *ADDED)
    assert found[2][:4] == (True, QUESTION, "苺あ", "苺")
    assert type(found[2][4]) is float
    (failed,) = map(json.loads, out.with_name("out.xlsx.errors.jsonl").read_text("utf-8").splitlines())
    assert failed["error"]["message"] == "The 質問 of the row must be text, not 5."
    assert (failed["番号"], failed["質問"], failed["本文"], failed["error"]["line"]) == (2.5, 5, "苺", 4)
    again = luke_qa("batch", str(out), str(tmp_path / "again.csv"), *COLUMNS, "--url", http_stub.url)
    assert again.returncode == 0


def test_text_that_looks_like_a_formula_stays_text(http_stub: HttpStub, tmp_path: Path) -> None:
    data, out = tmp_path / "in.jsonl", tmp_path / "out.xlsx"
    data.write_text(json.dumps({"question": QUESTION, "context": "=1+1 は苺\x07"}), "utf-8")
    assert luke_qa("batch", str(data), str(out), "--url", http_stub.url).returncode == 0
    cell = openpyxl.load_workbook(out).active["B2"]
    assert (cell.value, cell.data_type) == ("=1+1 は苺", "s")


def test_excel_opens_the_csv_that_is_written_for_it(http_stub: HttpStub, tmp_path: Path) -> None:
    data, out = tmp_path / "in.csv", tmp_path / "out.csv"
    data.write_text(table(ROWS), "utf-8")
    assert luke_qa("batch", str(data), str(out), *COLUMNS, "--excel", "--url", http_stub.url).returncode == 0
    assert out.read_bytes().startswith("\ufeff番号,".encode())
    assert list(read_csv(out, "utf-8-sig")[0]) == [*ROWS[0], *ADDED]
    run = luke_qa("batch", str(data), str(tmp_path / "out.jsonl"), *COLUMNS, "--excel", "--url", http_stub.url)
    assert_fails(run, 2, "--excel is for an OUT that is .csv or .tsv.")


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_several_answers_are_a_list_beside_the_best(http_stub: HttpStub, tmp_path: Path, suffix: str) -> None:
    best, second = (
        {"answer": a, "score": s, "start": 0, "end": 1, "document": 0} for a, s in (("苺", 0.9), ("梨", 0.1))
    )
    http_stub.replies(says({**best, "no_answer_score": 0.1, "answers": [best, second], "request_id": "r"}))
    data, out = tmp_path / "in.jsonl", tmp_path / f"out.{suffix}"
    data.write_text(json.dumps({"question": QUESTION, "context": "苺"}), "utf-8")
    assert luke_qa("batch", str(data), str(out), "--top-k", "2", "--url", http_stub.url).returncode == 0
    assert questions(http_stub)[0].body["top_k"] == 2
    if suffix == "parquet":
        (row,) = parquet.read_table(out).to_pylist()
    else:
        row = json.loads(out.read_text("utf-8")) if suffix == "jsonl" else read_csv(out)[0]
    answers = json.loads(row["all_answers"]) if suffix == "csv" else row["all_answers"]
    assert (row["answer"], answers) == ("苺", [best, second])


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "xlsx"])
def test_an_output_may_be_fed_again(http_stub: HttpStub, tmp_path: Path, suffix: str) -> None:
    data, first, second = tmp_path / "in.csv", tmp_path / f"first.{suffix}", tmp_path / f"second.{suffix}"
    data.write_text(table([{"question": QUESTION, "context": "苺", "id": "1"}]), "utf-8")
    for one, other in ((data, first), (first, second)):
        assert luke_qa("batch", str(one), str(other), "--top-k", "2", "--url", http_stub.url).returncode == 0
    if suffix in ("jsonl", "csv"):
        assert first.read_bytes() == second.read_bytes()
    elif suffix == "parquet":
        assert parquet.read_table(first).equals(parquet.read_table(second))
    else:
        assert cells(first) == cells(second)


def test_columns_of_ones_own_stay_when_an_output_is_fed_again(http_stub: HttpStub, tmp_path: Path) -> None:
    own = {"question": QUESTION, "context": "苺", "title": "題", "answers": ["苺"]}
    data, first, second = (tmp_path / f"{name}.jsonl" for name in ("in", "first", "second"))
    data.write_text(json.dumps(own), "utf-8")
    for one, other in ((data, first), (first, second)):
        assert luke_qa("batch", str(one), str(other), "--url", http_stub.url).returncode == 0
    assert json.loads(second.read_text("utf-8")).items() >= own.items()


def test_the_output_of_an_older_client_may_be_fed_again(http_stub: HttpStub, tmp_path: Path) -> None:
    data, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    older = dict.fromkeys(("answer", "score", "start", "end", "document", "no_answer_score"))
    data.write_text(json.dumps({"question": QUESTION, "context": "苺", **older}), "utf-8")
    assert luke_qa("batch", str(data), str(out), "--url", http_stub.url).returncode == 0
    row = json.loads(out.read_text("utf-8"))
    assert (row["answer"], row["place_score"], row["confidence"]) == ("苺", 0.98, "high")


def test_a_column_that_only_has_the_name_of_an_answer_is_not_dropped(http_stub: HttpStub, tmp_path: Path) -> None:
    data = tmp_path / "in.csv"
    data.write_text(table([{"question": QUESTION, "context": "苺", "answer": "mine"}]), "utf-8")
    run = luke_qa("batch", str(data), "-", "--url", http_stub.url)
    assert_fails(run, 2, "The column 'answer' is reserved for the answer. Rename it.")


def test_only_the_first_rows(http_stub: HttpStub, tmp_path: Path) -> None:
    data = tmp_path / "in.csv"
    data.write_text(table(ROWS), "utf-8")
    run = luke_qa("batch", str(data), str(tmp_path / "out.csv"), *COLUMNS, "--limit", "1", "--url", http_stub.url)
    assert (run.returncode, run.stderr) == (0, b"luke-qa: 1 answered.\n")
    assert [row["番号"] for row in read_csv(tmp_path / "out.csv")] == ["一"]


def test_force_replaces_what_is_there_and_nothing_else_does(http_stub: HttpStub, tmp_path: Path) -> None:
    data, out = tmp_path / "in.csv", tmp_path / "out.csv"
    data.write_text(table(ROWS), "utf-8")
    others = [out.with_name(f"out.csv{suffix}") for suffix in (".part", ".errors.jsonl")]
    for path in (out, *others):
        path.write_text("mine")
    arguments = ("batch", str(data), str(out), *COLUMNS, "--url", http_stub.url)
    assert_fails(luke_qa(*arguments), 2, "replace it with --force.")
    assert out.read_text() == "mine"
    assert luke_qa(*arguments, "--force").returncode == 0
    assert len(read_csv(out)) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_a_run_with_force_is_resumed_without_it(http_stub: HttpStub, tmp_path: Path) -> None:
    http_stub.rule = lambda _: says(refusal(400, "InvalidKeyException"))
    data, out = tmp_path / "in.csv", tmp_path / "out.csv"
    data.write_text(table(ROWS), "utf-8")
    out.write_text("old")
    arguments = ("batch", str(data), str(out), *COLUMNS, "--url", http_stub.url)
    told = luke_qa(*arguments, "--force").stderr.decode()
    assert told.endswith("0 rows are done. Run the same command without --force to resume.\n")
    assert out.read_text() == "old"
    http_stub.rule = answers_natively
    assert luke_qa(*arguments).returncode == 0
    assert len(read_csv(out)) == 2


def test_other_options_do_not_continue_a_run(http_stub: HttpStub, tmp_path: Path) -> None:
    http_stub.rule = lambda _: says(refusal(400, "InvalidKeyException"))
    data, out = tmp_path / "in.csv", tmp_path / "out.csv"
    data.write_text(table(ROWS), "utf-8")
    arguments = ("batch", str(data), str(out), *COLUMNS, "--url", http_stub.url)
    assert luke_qa(*arguments).returncode == 1
    http_stub.rule = answers_natively
    assert_fails(luke_qa(*arguments, "--limit", "1"), 2, "a different input or different options")
    assert luke_qa(*arguments).returncode == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.jsonl", '{"question": "何が", "context": "苺"', "The line is not JSON."),
        ("in.jsonl", '["何が", "苺"]', "The line is not a JSON object."),
        ("in.csv", "question,context\n何が,苺,と梨\n", "The row has 3 fields, but the header has 2."),
    ],
)
def test_a_row_that_cannot_be_read_is_kept_whole_and_may_be_mended(
    http_stub: HttpStub, tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    errors, again = tmp_path / "out.jsonl.errors.jsonl", tmp_path / "again.jsonl.errors.jsonl"
    assert luke_qa("batch", str(tmp_path / name), str(tmp_path / "out.jsonl"), "--url", http_stub.url).returncode == 1
    failed = json.loads(errors.read_text("utf-8"))
    assert (failed["error"]["message"], failed["error"]["text"]) == (message, content.splitlines()[-1])
    # Fed again as it is, it is kept for the next time.
    assert luke_qa("batch", str(errors), str(tmp_path / "again.jsonl"), "--url", http_stub.url).returncode == 1
    assert json.loads(again.read_text("utf-8"))["error"]["text"] == content.splitlines()[-1]
    mended = ({**failed, "question": "何が", "context": "苺と梨"}, {"error": {**failed["error"]}})
    mended[1]["error"]["text"] = json.dumps({"question": "何が", "context": "苺と梨"})
    for number, row in enumerate(mended):
        (tmp_path / f"mended{number}.jsonl").write_text(json.dumps(row, ensure_ascii=False), "utf-8")
        out = tmp_path / f"done{number}.jsonl"
        assert (
            luke_qa("batch", str(tmp_path / f"mended{number}.jsonl"), str(out), "--url", http_stub.url).returncode == 0
        )
        found = json.loads(out.read_text("utf-8"))
        assert [found["question"], found["context"], "error" in found] == ["何が", "苺と梨", False]


def test_questions_are_asked_of_documents(http_stub: HttpStub, tmp_path: Path) -> None:
    (tmp_path / "manual.pdf").write_bytes(pdf(["保証書です。"], ["私は苺が", "好きです。"]))
    (tmp_path / "questions.csv").write_text(f"question,id\n{QUESTION},1\n{QUESTION},2\n", "utf-8")
    out = tmp_path / "out.jsonl"
    given = ("--file", str(tmp_path / "manual.pdf"), "--url", http_stub.url, "--top-k", "2")
    assert luke_qa("batch", str(tmp_path / "questions.csv"), str(out), *given).returncode == 0
    for request in questions(http_stub):
        assert request.body["context"] == ["保証書です。", "私は苺が\n好きです。"]
        assert request.body["join_lines"] is True
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert {row["document_title"] for row in rows} == {f"{tmp_path / 'manual.pdf'}, page {rows[0]['document'] + 1}"}
    assert rows[0]["all_answers"][0]["document_title"] == rows[0]["document_title"]
    assert "context" not in rows[0]


@pytest.mark.parametrize(
    "words",
    [
        ("questions.csv", "--file", "manual.txt", "out.jsonl"),
        ("--file", "manual.txt", "questions.csv", "out.jsonl"),
        ("questions.csv", "--file", "manual.txt", "--top-k", "1", "out.jsonl"),
        ("--file", "manual.txt", "--top-k", "1", "questions.csv", "out.jsonl"),
    ],
)
def test_the_input_and_the_output_may_stand_behind_the_files(
    http_stub: HttpStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("manual.txt").write_text("私は苺が好きです。", "utf-8")
    Path("questions.csv").write_text(f"question\n{QUESTION}\n", "utf-8")
    run = luke_qa("batch", *words, "--url", http_stub.url)
    assert (run.returncode, run.stderr) == (0, b"luke-qa: 1 answered.\n")
    assert json.loads(Path("out.jsonl").read_text("utf-8"))["document_title"] == "manual.txt"


def test_line_ends_that_only_some_programs_know_are_escaped(http_stub: HttpStub, tmp_path: Path) -> None:
    data, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    context = "私は\u2028苺が\u2029好き\x85です。"
    data.write_text(json.dumps({"question": QUESTION, "context": context}, ensure_ascii=False), "utf-8")
    assert luke_qa("batch", str(data), str(out), "--url", http_stub.url).returncode == 0
    (line,) = out.read_text("utf-8").splitlines()
    assert json.loads(line)["context"] == context


def test_parquet_of_other_names_says_which_it_has(http_stub: HttpStub, tmp_path: Path) -> None:
    data = tmp_path / "in.parquet"
    parquet.write_table(pyarrow.table({"質問": [QUESTION], "本文": ["苺"]}), data)
    run = luke_qa("batch", str(data), "-", "--url", http_stub.url)
    assert_fails(run, 2, "It has 質問, 本文: choose others with --question-column and --context-column.")
    assert luke_qa("batch", str(data), "-", *COLUMNS, "--url", http_stub.url).returncode == 0
