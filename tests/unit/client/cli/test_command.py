"""What all commands share: the server, the help, the exit status."""

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

import luke_qa_client
from tests.unit.client.cli.command import (
    COMMAND,
    CONTEXT,
    QUESTION,
    assert_fails,
    luke_qa,
    luke_qa_process,
    questions,
)
from tests.unit.client.process import CLIENT, environment, run_python
from tests.unit.client.stub import HEALTHY, HttpStub, Said, Stub, refusal, says

COMMANDS = ("ask", "batch", "eval", "health", "ui")


def run_script(*arguments: str, **environment_: str) -> subprocess.CompletedProcess[str]:
    """Run what the package declares as its script, as pip's `luke-qa` does."""
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"]["luke-qa"].partition(":")
    script = f"import sys; from {module} import {function}; sys.exit({function}())"
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(**environment_))


def test_the_script_of_the_package_is_this_command() -> None:
    run = run_script("--version")
    assert (run.returncode, run.stdout) == (0, f"luke-qa {luke_qa_client.__version__}\n")


def test_help_names_every_command() -> None:
    told = luke_qa("--help").stdout.decode()
    assert re.findall(r"^    ([a-z]+) ", told, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_examples_and_names_the_server_and_the_statuses(command: str) -> None:
    told = luke_qa(command, "--help").stdout.decode()
    assert re.search(rf"examples:\n(.*\n)* +luke-qa {command}", told)
    assert "exit status: " in told
    names = (
        "--url",
        "LUKE_QA_URL",
        "--token",
        "LUKE_QA_TOKEN",
        "--timeout",
        "LUKE_QA_TIMEOUT",
        "--key-file",
        "--ca-file",
    )
    for name in names:
        assert name in told


def test_every_option_that_an_example_uses_exists() -> None:
    for command in COMMANDS:
        told = luke_qa(command, "--help").stdout.decode()
        options, examples = told.split("examples:")
        for line in (line for line in examples.splitlines() if f"luke-qa {command}" in line):
            used = re.findall(r"--[a-z-]+", line.partition(f"luke-qa {command}")[2])
            assert all(option in options for option in used), line


def test_nothing_is_loaded_that_a_pipe_does_not_need(http_stub: HttpStub) -> None:
    program = f"""
import sys
from luke_qa_client._cli import main
main(["ask", "{QUESTION}", "{CONTEXT}", "--url", "{http_stub.url}"])
print(*sys.modules)
"""
    answer, modules = run_python(program).splitlines()
    assert answer.startswith("苺")
    assert not {"rich", "pyarrow", "matplotlib", "numpy", "gradio", "grpc", "httpx"} & set(modules.split())


def test_the_server_and_the_token_may_come_from_the_environment(
    http_stub: HttpStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUKE_QA_URL", http_stub.url)
    monkeypatch.setenv("LUKE_QA_TOKEN", "key")
    assert luke_qa("ask", QUESTION, CONTEXT).returncode == 0
    monkeypatch.setenv("LUKE_QA_URL", "grpc://other")
    assert luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url, "--token", "mine").returncode == 0
    assert [received.authorization for received in questions(http_stub)] == ["Bearer key", "Bearer mine"]


def test_the_key_may_come_from_torchserves_file(http_stub: HttpStub, tmp_path: Path) -> None:
    keys = tmp_path / "key_file.json"
    keys.write_text('{"inference": {"key": "fromfile"}}')
    assert luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url, "--key-file", str(keys)).returncode == 0
    assert {received.authorization for received in http_stub.received} == {"Bearer fromfile"}


@pytest.mark.parametrize("by_option", [True, False])
def test_the_timeout_bounds_the_waiting_of_a_person(
    http_stub: HttpStub, by_option: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not by_option:
        monkeypatch.setenv("LUKE_QA_TIMEOUT", "0.2")
    http_stub.replies(Said(b"{}", delay=30.0))
    began = time.monotonic()
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url, *(["--timeout", "0.2"] if by_option else []))
    assert_fails(run, 1, "within 0.2 s")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("command", [("ask", QUESTION, CONTEXT), ("health",), ("batch", "IN", "-"), ("eval", "IN")])
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "grpc://127.0.0.1:1"])
def test_a_server_that_is_not_there_is_told_at_once(tmp_path: Path, command: tuple[str, ...], url: str) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text('{"context": "苺", "question": "何", "qas": [{"question": "何", "answers": []}]}\n', "utf-8")
    began = time.monotonic()
    run = luke_qa(*(str(data) if word == "IN" else word for word in command), "--url", url)
    assert_fails(run, 1, "127.0.0.1:1", "refused")
    assert run.stderr.count(b"\n") == 1
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "usage: luke-qa"),
        (("answer",), "invalid choice"),
        (("asks", "q"), "Did you mean ask?"),
        (("ask", "q", "c", "--topk", "3"), "luke-qa ask: error: there is no option --topk. Did you mean --top-k?"),
        (("ask", "q", "c", "--top_k=3"), "there is no option --top_k. Did you mean --top-k?"),
        (("ask", "q", "c", "--xyzzy"), "there is no option --xyzzy.\n"),
        (("ask", "q", "c", "--quesion", "x"), "there is no option --quesion.\n"),
        (("ask", "q", "--topk", "3", "c"), "there is no option --topk. Did you mean --top-k?"),
        (
            ("ask", "何が", "好き", "ですか"),
            "one argument too many: 'ですか'. Put a text with spaces",
        ),
        (("batch", "a", "b", "--error", "x", "--concurency", "2"), "Did you mean --concurrency?"),
        (("health", "--url", "ftp://localhost"), "is not a server address"),
        (("health", "--url", "http://h", "--token", "two words"), "token"),
        (("health", "--token", "a", "--key-file", "b"), "either token or key_file"),
        (("health", "--timeout", "soon"), "argument --timeout: must be a number, not 'soon'\n"),
        (("ask", "q", "c", "--top-k", "2.5"), "argument --top-k: must be a whole number, not '2.5'\n"),
        (("ask", "q", "c", "--max-windows", "abc"), "must be a whole number above 0 or all, not 'abc'\n"),
        (("ask", "q", "c", "--max-windows", "0"), "must be a whole number above 0 or all, not '0'\n"),
        (("batch", "a", "b", "--limit", "ten"), "argument --limit: must be a whole number, not 'ten'\n"),
        (("ask", "q", "--", "c", "--json"), "--json stands behind --, where no options are: put it in front."),
        (("health", "--", "x"), "one argument too many: 'x'."),
        (("ui", "--port", "x"), "argument --port: must be a whole number, not 'x'\n"),
        (("health", "--timeout", "-1"), "luke-qa: --timeout must be a number of seconds above 0, not -1.0."),
        (("health", "--ca-file", "/no/such.pem"), "luke-qa: --ca-file: /no/such.pem cannot be read: No such file or"),
    ],
)
def test_bad_usage_is_a_sentence_and_status_2(arguments: tuple[str, ...], sentence: str) -> None:
    assert_fails(luke_qa(*arguments), 2, sentence)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_mistake_gets_the_usage_of_its_own_command(command: str) -> None:
    assert luke_qa(command, "--no-such-option").stderr.decode().startswith(f"usage: luke-qa {command} [-h]")


def test_the_version_is_told() -> None:
    assert luke_qa("--version").stdout.decode() == f"luke-qa {luke_qa_client.__version__}\n"


@pytest.mark.parametrize(("given", "lines"), [((), 1), (("--verbose",), 3)])
def test_a_failure_is_told_at_once_and_with_verbose_every_retry(
    http_stub: HttpStub, given: tuple[str, ...], lines: int
) -> None:
    http_stub.replies_first(Said(HEALTHY), *[says(refusal(503, "ServiceUnavailableException"))] * 3)
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url, *given)
    assert run.stdout.decode() == "苺  0.9910  [2:3]\n"
    told = run.stderr.decode().splitlines()
    assert re.fullmatch(
        r"luke-qa: The server replied 503 \(OverloadedError\)\. Retrying for up to (90|[78]\d) s\.", told[0]
    )
    assert len(told) == lines
    assert all(line.startswith("luke-qa: Retrying request") for line in told[1:])


@pytest.mark.parametrize("command", [("ask", QUESTION, CONTEXT), ("health",)])
def test_a_bad_variable_is_named(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUKE_QA_TIMEOUT", "soon")
    assert_fails(luke_qa(*command), 2, "luke-qa: LUKE_QA_TIMEOUT must be a number of seconds above 0, not soon.")


def test_a_key_file_that_is_not_there_is_a_sentence(http_stub: HttpStub) -> None:
    assert_fails(luke_qa("health", "--url", http_stub.url, "--key-file", "/no/keys"), 1, "/no/keys cannot be read")


@pytest.mark.parametrize(("arguments", "statuses"), [(("ask", QUESTION, CONTEXT), {1}), (("--help",), {0, 1})])
def test_a_reader_that_has_gone_is_no_noise(
    http_stub: HttpStub, arguments: tuple[str, ...], statuses: set[int]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [*COMMAND, *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment(LUKE_QA_URL=http_stub.url),
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert run.returncode in statuses
    assert run.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_a_sentence(http_stub: HttpStub) -> None:
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [*COMMAND, "health", "--url", http_stub.url],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=60,
            check=False,
        )
    assert run.returncode == 1
    assert run.stderr.decode().startswith("luke-qa: ")
    assert b"No space left" in run.stderr
    assert run.stderr.count(b"\n") == 1


def test_streams_that_the_caller_has_closed_are_no_traceback(http_stub: HttpStub) -> None:
    call = f"{sys.executable} -m luke_qa_client ask - {CONTEXT} --url {http_stub.url}"
    for redirection, status in ((">&-", 0), ("2>&-", 0), ("<&- 2>&-", 2)):
        run = subprocess.run(
            ["bash", "-c", f"echo {QUESTION} | {call} {redirection}"],
            capture_output=True,
            env=environment(),
            check=False,
        )
        assert b"Traceback" not in run.stderr, redirection
        assert run.returncode == status, redirection


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "xx_YY.nonsense"},
        {"LC_ALL": "", "LANG": "", "PYTHONIOENCODING": ""},
    ],
)
def test_japanese_goes_through_any_locale(http_stub: HttpStub, locale: dict[str, str]) -> None:
    run = luke_qa_process("ask", QUESTION, CONTEXT, "--url", http_stub.url, **locale)
    assert (run.returncode, run.stdout.decode(), run.stderr) == (0, "苺  0.9910  [2:3]\n", b"")
    assert questions(http_stub)[0].body["question"] == QUESTION


def wait_until_asked(stub: Stub) -> None:
    deadline = time.monotonic() + 120
    while not questions(stub):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_ctrl_c_ends_it_in_one_line(stub: Any) -> None:
    stub.rule = lambda received: Said(b'{"status": "Healthy"}', delay=0.0 if received.body is None else 600.0)
    arguments = [*COMMAND, "ask", QUESTION, CONTEXT, "--url", stub.url]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        wait_until_asked(stub)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=120)
    assert (process.returncode, out, error) == (130, b"", b"luke-qa: Interrupted.\n")


def test_ctrl_c_during_the_imports_ends_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "argparse.py").write_text(  # which the command imports first
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    )
    path = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    run = run_script("health", PYTHONPATH=path)
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "luke-qa: Interrupted.\n")
