"""The command, run as a command."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.client.process import CLIENT, environment
from tests.unit.client.stub import HttpStub, Said, Stub, refusal, says

QUESTION = "何が好きですか"
CONTEXT = "私は苺が好きです。"
COMMAND = [sys.executable, "-m", "luke_qa_client"]


def luke_qa(*arguments: str, input: bytes = b"", **extra: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], input=input, capture_output=True, env=environment(**extra), timeout=60, check=False
    )


def assert_fails(run: subprocess.CompletedProcess[bytes], status: int, *sentences: str) -> None:
    error = run.stderr.decode()
    assert (run.returncode, run.stdout) == (status, b"")
    assert "Traceback" not in error
    for sentence in sentences:
        assert sentence in error


def test_an_answer_is_printed_with_score_and_place_as_the_readme_shows(stub: Stub) -> None:
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", stub.url)
    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout.decode() == "苺  0.9692  [2:3]\n"
    assert f"$ luke-qa ask {QUESTION} {CONTEXT}\n{run.stdout.decode()}" in (CLIENT / "README.md").read_text()


def test_alternatives_follow_each_on_its_line(http_stub: HttpStub) -> None:
    run = luke_qa("ask", QUESTION, CONTEXT, "--top-k", "2", "--url", http_stub.url)
    assert run.stdout.decode() == "苺  0.9692  [2:3]\n私  0.0100  [0:1]\n"


def test_no_answer_is_called_one(http_stub: HttpStub) -> None:
    run = luke_qa("ask", QUESTION, "雨", "--url", http_stub.url)
    assert run.stdout.decode() == "(no answer)  0.9000\n"


def test_json_is_the_native_answer_object_unescaped(http_stub: HttpStub) -> None:
    run = luke_qa("ask", QUESTION, CONTEXT, "--json", "--url", http_stub.url)
    answer = json.loads(run.stdout)
    assert "苺".encode() in run.stdout
    assert list(answer) == ["answer", "score", "start", "end", "document", "no_answer_score", "answers", "request_id"]
    assert answer["answers"] == [{"answer": "苺", "score": 0.9692, "start": 2, "end": 3, "document": 0}]


@pytest.mark.parametrize("text", [f"\r\n{CONTEXT}\r\n", "㍿\n😀苺"])
def test_the_context_may_come_from_standard_input_or_a_file_byte_for_byte(
    http_stub: HttpStub, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "文.txt"
    file.write_bytes(text.encode())
    assert luke_qa("ask", QUESTION, "-", "--url", http_stub.url, input=text.encode()).returncode == 0
    assert luke_qa("ask", QUESTION, "--file", str(file), "--url", http_stub.url).returncode == 0
    assert [received.body["context"] for received in http_stub.received] == [text, text]


def test_the_server_and_the_token_may_come_from_the_environment(http_stub: HttpStub) -> None:
    assert luke_qa("ask", QUESTION, CONTEXT, LUKE_QA_URL=http_stub.url, LUKE_QA_TOKEN="key").returncode == 0
    options = ("--url", http_stub.url, "--token", "mine")
    assert luke_qa("ask", QUESTION, CONTEXT, *options, LUKE_QA_URL="grpc://other", LUKE_QA_TOKEN="key").returncode == 0
    assert [received.authorization for received in http_stub.received] == ["Bearer key", "Bearer mine"]


def test_a_terminal_is_not_controlled_by_what_an_answer_holds(http_stub: HttpStub) -> None:
    span = {"answer": "\x1b[31m苺\n\x9b2J", "score": 0.5, "start": 0, "end": 9, "document": 0}
    http_stub.replies(says({**span, "no_answer_score": 0.1, "answers": [span], "request_id": "r"}))
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url)
    assert run.stdout.decode() == " [31m苺 2J  0.5000  [0:9]\n"


def test_a_lone_surrogate_is_printed_escaped(http_stub: HttpStub) -> None:
    span = {"answer": "\ud800", "score": 0.5, "start": 0, "end": 1, "document": 0}
    body = json.dumps({**span, "no_answer_score": 0.1, "answers": [span], "request_id": "r"}).encode()
    http_stub.replies(Said(body))
    run = luke_qa("ask", QUESTION, CONTEXT, "--json", "--url", http_stub.url)
    assert json.loads(run.stdout)["answer"] == "\ud800"


@pytest.mark.parametrize(
    ("code", "type", "status"),
    [
        (400, "invalid_option", 2),
        (400, "InvalidKeyException", 1),
        (413, "too_large", 1),
        (500, "engine_error", 1),
        (504, "deadline_exceeded", 1),
    ],
)
def test_a_refusal_is_a_sentence_and_a_status(http_stub: HttpStub, code: int, type: str, status: int) -> None:
    http_stub.replies(says(refusal(code, type, field="top_k")))
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url)
    assert_fails(run, status, f"luke-qa: This is {type}.", "top_k", "servers-id")


def test_a_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    assert_fails(luke_qa("ask", QUESTION, CONTEXT, "--url", "http://127.0.0.1:1"), 1, "127.0.0.1:1", "refused")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "usage: luke-qa"),
        (("answer",), "invalid choice"),
        (("ask",), "QUESTION"),
        (("ask", "q"), "either as CONTEXT or with --file"),
        (("ask", "q", "c", "--file", "f"), "either as CONTEXT or with --file"),
        (("ask", "q", "--file", "/no/such/file"), "No such file"),
        (("ask", "q", "-"), "standard input is not UTF-8 (byte 1)"),
        (("ask", "q", "c", "--top-k", "three"), "--top-k"),
        (("ask", "q", "c", "--url", "localhost"), "no server address"),
        (("ask", "q", "c", "--token", "two words"), "token"),
    ],
)
def test_bad_usage_is_a_sentence_and_status_2(arguments: tuple[str, ...], sentence: str) -> None:
    assert_fails(luke_qa(*arguments, input=b"a\xff"), 2, sentence)


def test_help_names_the_verbs_and_the_options() -> None:
    assert b"ask" in luke_qa("--help").stdout
    told = luke_qa("ask", "--help").stdout.decode()
    for name in ("QUESTION", "CONTEXT", "--json", "--top-k", "--url", "--token", "--file", "LUKE_QA_URL"):
        assert name in told


def test_a_reader_that_has_gone_is_no_noise(http_stub: HttpStub) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [*COMMAND, "ask", QUESTION, CONTEXT, "--url", http_stub.url]
    run = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False)
    os.close(writer)
    assert (run.returncode, run.stderr) == (1, b"")


def wait_until_asked(stub: Stub) -> None:
    deadline = time.monotonic() + 30
    while not stub.received:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_ctrl_c_ends_it_quietly(stub: Any) -> None:
    stub.replies(Said(b"{}", delay=2.0))
    arguments = [*COMMAND, "ask", QUESTION, CONTEXT, "--url", stub.url]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        wait_until_asked(stub)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
    assert (process.returncode, out, error) == (130, b"", b"")


def test_the_script_of_the_package_is_this_command() -> None:
    declared = (CLIENT / "pyproject.toml").read_text()
    assert re.search(r'^luke-qa = "luke_qa_client\._cli:main"$', declared, re.MULTILINE)
