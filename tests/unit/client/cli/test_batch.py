"""``luke-qa batch``: files in, files out, and interruptions."""

import csv
import json
import os
import re
import signal
import subprocess
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from luke_qa_client._cli.common import open_client
from tests.support.pauses import TOO_LONG, pauses
from tests.unit.client.cli.command import (
    COMMAND,
    PAGE,
    QUESTION,
    Run,
    assert_fails,
    luke_qa,
    questions,
    without_figures,
)
from tests.unit.client.process import environment
from tests.unit.client.stub import HttpStub, Received, Said, answers_natively, refusal, says

FORMATS = ("jsonl", "csv", "parquet")
RESULT = {
    "answer": "苺",
    "score": 0.9910,
    "start": 0,
    "end": 1,
    "document": 0,
    "no_answer_score": 0.02,
    "place_score": 0.98,
    "confidence": "high",
}


def row(number: int) -> dict[str, Any]:
    """A row whose answer starts at its number."""
    return {"id": f"q{number}", "question": QUESTION, "context": f"{'あ' * (number % 7)}苺{number}"}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def read_rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return list(parquet.read_table(path).to_pylist())
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def as_read(rows: list[dict[str, Any]], suffix: str) -> list[dict[str, Any]]:
    return [{name: str(value) for name, value in row.items()} for row in rows] if suffix == "csv" else rows


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("read", FORMATS)
def test_every_format_becomes_every_other(http_stub: HttpStub, tmp_path: Path, read: str, written: str) -> None:
    rows = [row(number) for number in range(30)]
    out = tmp_path / f"out.{written}"
    run = luke_qa("batch", str(write_rows(tmp_path / f"in.{read}", rows)), str(out), "--url", http_stub.url)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"luke-qa: 30 answered.\n")
    places = [{"start": number % 7, "end": number % 7 + 1} for number in range(30)]
    assert read_rows(out) == as_read([{**r, **RESULT, **p} for r, p in zip(rows, places, strict=True)], written)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"in.{read}", f"out.{written}"]


def test_the_example_of_the_page(http_stub: HttpStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [
        {"id": 1, "question": QUESTION, "context": "私は苺が好きです。"},
        {"id": 2, "question": "", "context": "私は苺が好きです。"},
    ]
    write_rows(Path("questions.jsonl"), lines)
    run = luke_qa("batch", "questions.jsonl", "answers.jsonl", "--url", http_stub.url)
    assert run.returncode == 1
    typed = "".join(f"> {line}\n" for line in Path("questions.jsonl").read_text("utf-8").splitlines())
    shown = [
        f"$ cat > questions.jsonl <<'END'\n{typed}> END\n",
        f"$ luke-qa batch questions.jsonl answers.jsonl; echo $?\n{run.stderr.decode()}{run.returncode}\n",
    ]
    for name in ("answers.jsonl", "answers.jsonl.errors.jsonl"):
        shown.append(f"$ cat {name}\n{Path(name).read_text('utf-8')}")
    for example in shown:
        assert without_figures(example) in without_figures(PAGE)


def test_errors_go_to_their_own_file_which_can_be_asked_again(http_stub: HttpStub, tmp_path: Path) -> None:
    def rule(received: Received) -> Said:
        asked = received.body and received.body["question"]
        return says(refusal(400, "invalid_value", field="question")) if asked == "悪い" else answers_natively(received)

    http_stub.rule = rule
    good, bad, none = row(1), {**row(2), "question": "悪い"}, {"context": "苺"}
    data = tmp_path / "in.jsonl"
    data.write_text("\n".join(["[1]", "", json.dumps(good), "{", json.dumps(bad), json.dumps(none)]), "utf-8")
    out, errors = tmp_path / "out.jsonl", tmp_path / "out.jsonl.errors.jsonl"
    run = luke_qa("batch", str(data), str(out), "--url", http_stub.url)
    assert run.returncode == 1
    assert run.stderr.decode() == f"luke-qa: 1 answered, 4 failed: see {errors}.\n"
    assert [row["id"] for row in read_rows(out)] == ["q1"]
    found = read_rows(errors)
    assert [(row["error"]["line"], row["error"]["type"]) for row in found] == [
        (1, "bad_row"),
        (4, "bad_row"),
        (5, "invalid_value"),
        (6, "bad_row"),
    ]
    assert found[2] == {
        **bad,
        "error": {
            "line": 5,
            "kind": "BadRequestError",
            "message": "This is invalid_value.",
            "status": 400,
            "type": "invalid_value",
            "field": "question",
        },
    }
    http_stub.rule = answers_natively
    again = luke_qa("batch", str(errors), str(tmp_path / "again.jsonl"), "--url", http_stub.url)
    assert again.returncode == 1  # three of them are not questions
    (answered,) = read_rows(tmp_path / "again.jsonl")
    assert answered == {**bad, **RESULT, "start": 2, "end": 3}


def test_a_stream_goes_to_a_stream_line_by_line(http_stub: HttpStub) -> None:
    reader, writer = os.pipe()
    arguments = [*COMMAND, "batch", "-", "-", "--url", http_stub.url]
    with (
        os.fdopen(writer, "wb") as asked,
        subprocess.Popen(
            arguments, stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as p,
    ):
        os.close(reader)
        assert p.stdout is not None
        assert p.stderr is not None
        asked.write(b"".join(json.dumps(row(number)).encode() + b"\n" for number in range(100)) + b"{}\n")
        asked.close()
        lines = [json.loads(line) for line in p.stdout]
        *errors, told = p.stderr.read().decode().splitlines()
        assert p.wait() == 1
    assert [line["id"] for line in lines] == [f"q{number}" for number in range(100)]
    assert [json.loads(line)["error"]["line"] for line in errors] == [101]
    assert told == "luke-qa: 100 answered, 1 failed: see standard error."


def test_an_answer_that_is_probably_not_in_the_text_is_counted_by_itself(http_stub: HttpStub, tmp_path: Path) -> None:
    contexts = ("私は苺が好きです。", "今日は雨です。", "雨", "")
    data = write_rows(tmp_path / "in.jsonl", [{"question": QUESTION, "context": context} for context in contexts])
    out = tmp_path / "out.jsonl"
    run = luke_qa("batch", str(data), str(out), "--url", http_stub.url)
    assert run.stderr.decode() == (
        "luke-qa: 3 answered, 2 of them probably not in the text (confidence none), "
        f"1 failed: see {out}.errors.jsonl.\n"
    )
    assert [row["confidence"] for row in read_rows(out)] == ["high", "none", "none"]


@pytest.mark.parametrize("content", ["question,context\n", "question,context\n\n"])
def test_a_table_without_rows_is_said(http_stub: HttpStub, tmp_path: Path, content: str) -> None:
    data, out = tmp_path / "in.csv", tmp_path / "out.csv"
    data.write_text(content)
    run = luke_qa("batch", str(data), str(out), "--url", http_stub.url)
    assert (run.returncode, run.stderr.decode()) == (0, f"luke-qa: {data} has no rows: nothing was asked.\n")


def test_a_reader_that_has_had_enough_ends_it(http_stub: HttpStub, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "in.jsonl", [row(number) for number in range(3000)])
    command = f"{' '.join(COMMAND)} batch {data} - --url {http_stub.url} | head -n 1; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, env=environment(), timeout=60, check=False)
    assert json.loads(run.stdout)["id"] == "q0"
    assert (run.returncode, run.stderr) == (1, b"")
    assert len(questions(http_stub)) < 3000


def test_what_is_asked_is_what_was_asked_for(http_stub: HttpStub, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "in.csv", [row(1)])
    options = ("--url", http_stub.url, "--no-answer", "--errors", str(tmp_path / "e"), "--concurrency", "1")
    assert luke_qa("batch", str(data), str(tmp_path / "out.csv"), *options).returncode == 0
    assert questions(http_stub)[0].body["handle_impossible_answer"] is True


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("in.txt", b"", "must end in .jsonl, .csv, .tsv, .xlsx or .parquet"),
        ("in.csv", b"", "lacks the columns question and context, which"),
        ("in.csv", b"question\n", "lacks the column context, which"),
        ("in.csv", b'question,context\nq,c\nq,"c\nq,c\n', "is not valid CSV from line 3 on: a quotation mark"),
        ("in.tsv", b'question\tcontext\nq\t"c\nq\tc\n', "is not valid CSV from line 2 on: a quotation mark"),
        ("in.csv", b'question,"context\nq,c\n', "is not valid CSV from line 1 on: a quotation mark"),
        ("in.xls", b"", "is a workbook of another kind: save it as .xlsx in Excel."),
        ("in.csv", "質問,文\n".encode("shift_jis"), "It has 質問, 文: choose others with --question-column"),
        ("in.xlsx", b"PK", "is not a valid Excel workbook"),
        ("in.csv", b"question,context,question\n", "Two columns have the same name"),
        ("in.csv", b"question,context,score\n", "The column 'score' is reserved for the answer."),
        ("in.csv", b'question,context\nq,"' + b"c" * 17 * 2**20, "is not valid CSV from line 2 on"),
        ("in.parquet", b"PAR1", "is not a valid Parquet file"),
        (".", None, "must end in"),
        ("none.jsonl", None, "cannot be read: No such file"),
    ],
)
def test_an_input_that_cannot_be_read_is_a_sentence(
    http_stub: HttpStub, tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    run = luke_qa("batch", str(tmp_path / name), str(tmp_path / "out.jsonl"), "--url", http_stub.url)
    assert_fails(run, 2, sentence)
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("columns", [{"q": "x"}, {"question": "x", "context": "y", "answer": "z"}])
def test_a_parquet_file_without_room_for_the_answer_is_refused(
    http_stub: HttpStub, tmp_path: Path, columns: dict[str, str]
) -> None:
    data = write_rows(tmp_path / "in.parquet", [columns])
    assert_fails(luke_qa("batch", str(data), "-", "--url", http_stub.url), 2, str(data))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("IN",), "luke-qa: Give OUT."),
        ((), "luke-qa: Give IN and OUT."),
        (("IN", "--file", "MANUAL"), "luke-qa: Give OUT, before --file, which takes every path after it."),
        (("IN", "--file", "MANUAL", "IN"), "in.jsonl exists, so it is taken as a document."),
        (("IN", "--force", "--file", "MANUAL", "IN"), "luke-qa: Give OUT, before --file, which"),
        (("IN", "IN"), "is the input: choose another OUT."),
        (("IN", "IN", "--force"), "is the input: choose another OUT."),
        (("IN", "out.txt"), "must end in"),
        (("IN", "-", "--concurrency", "0"), "must be above 0"),
        (("IN", "/no/such/out.csv"), "No such file"),
        (("IN", "-", "--errors", "PIPE"), "cannot be written: File exists"),
        (("IN", "-", "--errors", "IN"), "this batch uses that file for something else"),
        (("IN", "OUT", "--errors", "IN"), "this batch uses that file for something else"),
        (("IN", "OUT", "--errors", "OUT"), "this batch uses that file for something else"),
        (("IN", "OUT", "--errors", "OUT.part"), "this batch uses that file for something else"),
        (("IN", "OUT", "--errors", "errors.ods"), "errors.ods must not end in .ods: errors are written as JSON Lines"),
        (("IN", "OUT", "--errors", "errors.xlsx"), "errors.xlsx must not end in .xlsx: errors are written as JSON"),
        (("IN", "OUT", "--errors", "OUT.state"), "this batch uses that file for something else"),
        (("IN", "OUT", "--errors", "LINK"), "this batch uses that file for something else"),
        (("IN", "OUT", "--errors", "PIPE"), "pipe is not a regular file"),
    ],
)
def test_bad_usage_is_a_sentence(
    http_stub: HttpStub, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    data = write_rows(tmp_path / "in.jsonl", [row(1)])
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(tmp_path / "out.jsonl.part")
    os.mkfifo(pipe)
    manual = str(tmp_path / "manual.txt")
    paths = {
        "IN": str(data),
        "MANUAL": manual,
        "OUT": str(tmp_path / "out.jsonl"),
        "LINK": str(link),
        "PIPE": str(pipe),
    }
    given = [re.sub("^(IN|MANUAL|OUT|LINK|PIPE)", lambda name: paths[name[0]], word) for word in arguments]
    assert_fails(luke_qa("batch", *given, "--url", http_stub.url), 2, sentence)
    assert read_rows(data) == [row(1)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "link", "pipe"]
    assert not questions(http_stub)


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.part", "out.jsonl.errors.jsonl"])
def test_what_exists_is_not_overwritten(http_stub: HttpStub, tmp_path: Path, name: str) -> None:
    data = write_rows(tmp_path / "in.jsonl", [row(1)])
    (tmp_path / name).write_text("mine")
    run = luke_qa("batch", str(data), str(tmp_path / "out.jsonl"), "--url", http_stub.url)
    assert_fails(run, 2, f"{tmp_path / name} already exists.")
    assert (tmp_path / name).read_text() == "mine"
    assert not questions(http_stub)


def slow(received: Received) -> Said:
    """Answer after a moment."""
    time.sleep(0.05)
    return answers_natively(received)


class Halfway:
    """A run in a separate process, up to the point where some rows are done but not all."""

    def __init__(self, stub: HttpStub, data: Path, out: Path) -> None:
        self.out = out
        stub.rule = slow
        arguments = ["batch", str(data), str(out), "--url", stub.url, "--concurrency", "2"]
        self.process = subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, env=environment())
        deadline = time.monotonic() + 120
        while not self.rows():
            assert time.monotonic() < deadline
            assert self.process.poll() is None
            time.sleep(0.02)

    def rows(self) -> int:
        state = self.out.with_name(f"{self.out.name}.state")
        return sum(json.loads(state.read_text())["counts"].values()) if state.exists() else 0

    def ends(self, by: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(by)
        _, error = self.process.communicate(timeout=120)
        return self.process.returncode, error.decode()


def mixed(suffix: str) -> list[dict[str, Any]]:
    """400 rows, each twentieth without a question."""
    return [{**row(number), **({"question": " "} if number % 20 == 0 else {})} for number in range(400)]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_killed_run_goes_on_and_makes_what_an_unbroken_one_makes(
    http_stub: HttpStub, tmp_path: Path, suffix: str
) -> None:
    data = write_rows(tmp_path / f"in.{suffix}", mixed(suffix))
    whole, out = tmp_path / f"whole.{suffix}", tmp_path / f"out.{suffix}"
    assert luke_qa("batch", str(data), str(whole), "--url", http_stub.url).returncode == 1
    halfway = Halfway(http_stub, data, out)
    status, _ = halfway.ends(signal.SIGKILL)
    kept = halfway.rows()
    assert status == -signal.SIGKILL
    assert 0 < kept < 400
    assert not out.exists()
    part = out.with_name(f"{out.name}.part")
    part.write_bytes(part.read_bytes() + b'{"id": "torn, "answ')
    http_stub.rule = answers_natively
    http_stub.received.clear()
    run = luke_qa("batch", str(data), str(out), "--url", http_stub.url)
    assert run.returncode == 1
    assert f"Resuming after {kept} rows." in run.stderr.decode()
    assert len(questions(http_stub)) < 400 - kept + 1
    errors = (out.with_name(f"{out.name}.errors.jsonl"), whole.with_name(f"{whole.name}.errors.jsonl"))
    assert errors[0].read_bytes() == errors[1].read_bytes()
    if suffix == "parquet":
        assert parquet.read_table(out).equals(parquet.read_table(whole))
    else:
        assert out.read_bytes() == whole.read_bytes()
    assert len(read_rows(out)) == 380
    assert not list(tmp_path.glob("*.part*")) + list(tmp_path.glob("*.state*"))


def test_ctrl_c_keeps_what_was_answered(http_stub: HttpStub, tmp_path: Path) -> None:
    data, out = write_rows(tmp_path / "in.jsonl", mixed("jsonl")), tmp_path / "out.jsonl"
    halfway = Halfway(http_stub, data, out)
    status, error = halfway.ends(signal.SIGINT)
    assert status == 130
    assert error == f"luke-qa: {halfway.rows()} rows are done. Run the same command to resume.\n"
    http_stub.rule = answers_natively
    assert luke_qa("batch", str(data), str(out), "--url", http_stub.url).returncode == 1
    assert [row["id"] for row in read_rows(out)] == [f"q{number}" for number in range(400) if number % 20]


def test_a_server_that_goes_away_ends_it_with_a_sentence_and_no_errors(http_stub: HttpStub, tmp_path: Path) -> None:
    data, out = write_rows(tmp_path / "in.jsonl", [row(number) for number in range(400)]), tmp_path / "out.jsonl"
    gone = threading.Event()

    def rule(received: Received) -> Said:
        if gone.is_set() or (received.body and "苺60" in str(received.body["context"])):
            gone.set()
            return Said(b"", drop=True)
        return answers_natively(received)

    http_stub.rule = rule
    run = quickly("batch", str(data), str(out), "--url", http_stub.url)
    assert run.returncode == 1
    assert "failed: " in run.stderr.decode()
    (kept,) = re.findall(r"(\d+) rows are done\. Run the same command to resume\.$", run.stderr.decode().strip())
    assert 40 <= int(kept) <= 60
    assert not out.with_name("out.jsonl.errors.jsonl").exists()
    http_stub.rule = answers_natively
    assert luke_qa("batch", str(data), str(out), "--url", http_stub.url).returncode == 0
    assert [row["id"] for row in read_rows(out)] == [f"q{number}" for number in range(400)]


def test_a_server_that_fails_every_question_is_given_up(http_stub: HttpStub, tmp_path: Path) -> None:
    data, out = write_rows(tmp_path / "in.jsonl", [row(number) for number in range(400)]), tmp_path / "out.jsonl"
    http_stub.rule = lambda r: answers_natively(r) if r.body is None else says(refusal(503, "ServiceUnavailable"))
    run = quickly("batch", str(data), str(out), "--url", http_stub.url)
    assert run.returncode == 1
    assert "even a test question: This is ServiceUnavailable." in run.stderr.decode()
    assert "0 rows are done" in run.stderr.decode()


def test_rows_that_always_fail_do_not_end_it(http_stub: HttpStub, tmp_path: Path) -> None:
    rows = [{**row(number), **({"question": "重い"} if number < 40 else {})} for number in range(60)]
    data, out = write_rows(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"

    def rule(received: Received) -> Said:
        heavy = received.body and received.body["question"] == "重い"
        return says(refusal(504, "deadline_exceeded")) if heavy else answers_natively(received)

    http_stub.rule = rule
    run = quickly("batch", str(data), str(out), "--url", http_stub.url)
    *warnings, told = run.stderr.decode().splitlines()
    assert told == f"luke-qa: 20 answered, 40 failed: see {out}.errors.jsonl."
    kinds = {re.sub(r"\d+ s", "N s", warning) for warning in warnings}
    assert kinds == {"luke-qa: The server replied 504 (TimedOutError). Retrying for up to N s."}
    assert [row["id"] for row in read_rows(out)] == [f"q{number}" for number in range(40, 60)]


def test_nested_dictionaries_and_missing_maps_come_through_parquet(http_stub: HttpStub, tmp_path: Path) -> None:
    kinds = pyarrow.list_(pyarrow.dictionary(pyarrow.int8(), pyarrow.string()))
    marks = pyarrow.map_(pyarrow.string(), pyarrow.int32())
    table = pyarrow.Table.from_pylist([{**row(1)}, {**row(2)}])
    table = table.append_column("kinds", pyarrow.array([["a"], None], pyarrow.list_(pyarrow.string())).cast(kinds))
    table = table.append_column("marks", pyarrow.array([[("a", 1)], None], marks))
    parquet.write_table(table, tmp_path / "in.parquet")
    out = tmp_path / "out.parquet"
    run = luke_qa("batch", str(tmp_path / "in.parquet"), str(out), "--url", http_stub.url)
    assert (run.returncode, run.stderr) == (0, b"luke-qa: 2 answered.\n")
    assert [(row["kinds"], row["marks"]) for row in read_rows(out)] == [(["a"], [("a", 1)]), (None, None)]


def test_a_refused_key_ends_it_at_once(http_stub: HttpStub, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "in.jsonl", [row(number) for number in range(400)])
    http_stub.rule = lambda r: answers_natively(r) if r.body is None else says(refusal(400, "InvalidKeyException"))
    run = luke_qa("batch", str(data), str(tmp_path / "out.jsonl"), "--url", http_stub.url)
    assert run.stderr.decode() == (
        "luke-qa: This is InvalidKeyException. No key was sent: give it as token= or key_file= (LUKE_QA_TOKEN; for the "
        "command: --token or --key-file). 0 rows are done. Run the same command to resume.\n"
    )
    assert len(questions(http_stub)) < 100


def quickly(*arguments: str) -> Run:
    """Run the command with a client that gives up on a question after two retries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("luke_qa_client._cli.batch.open_client", partial(open_client, patient=False))
        patch.setattr("luke_qa_client._policy.draw_backoff", pauses(0.001, 0.001, TOO_LONG))
        patch.setattr("luke_qa_client._budget.CAPACITY", 1e4)
        return luke_qa(*arguments)
