"""The output on a terminal."""

import os
import pty
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from luke_qa_client._excerpt import Excerpt, excerpt
from tests.unit.client.cli.command import COMMAND, QUESTION
from tests.unit.client.process import environment
from tests.unit.client.stub import HttpStub, answers_natively, says

TEXT = "今日は雨です。私は苺が好きです。明日は晴れです。"


def on_terminal(arguments: Sequence[str], status: int = 0, *, errors_too: bool = True, **extra: str) -> str:
    """The command's output on a terminal; what it writes to standard error as well, or nothing of it."""
    ours, theirs = pty.openpty()
    extra = {"TERM": "xterm-256color", **extra}
    errors = theirs if errors_too else subprocess.DEVNULL
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=errors, env=environment(**extra)
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while more := os.read(ours, 65536):
                written += more
        except OSError:  # what Linux says once the other side is closed
            pass
        os.close(ours)
    assert process.returncode == status, written
    return written.decode().replace("\r\n", "\n")


def test_the_answer_is_marked_in_its_sentence(http_stub: HttpStub) -> None:
    written = on_terminal(["ask", QUESTION, TEXT, "--url", http_stub.url], errors_too=False)
    assert re.fullmatch(r"\x1b\[1m苺  0\.9910  \[9:10\]\x1b\[0m\n  私は\x1b\[1;7;32m苺\x1b\[0mが好きです。\n", written)


def test_without_colour_it_is_still_marked(http_stub: HttpStub) -> None:
    written = on_terminal(["ask", QUESTION, TEXT, "--url", http_stub.url], NO_COLOR="1")
    assert "私は\x1b[1;7m苺\x1b[0mが好きです。" in written


def test_a_terminal_that_can_do_nothing_gets_the_plain_line(http_stub: HttpStub) -> None:
    assert on_terminal(["ask", QUESTION, TEXT, "--url", http_stub.url], TERM="dumb") == "苺  0.9910  [9:10]\n"


def test_no_answer_has_no_sentence(http_stub: HttpStub) -> None:
    written = on_terminal(["ask", QUESTION, "雨", "--url", http_stub.url], status=3, errors_too=False)
    assert written == "(probably not in the text)  0.9000\n"


def test_a_terminal_does_not_obey_the_text(http_stub: HttpStub) -> None:
    text = "[red]私は\x1b[2J苺\x9b1m\x07が好き :cat:。"
    written = on_terminal(["ask", QUESTION, text, "--url", http_stub.url])
    assert "\x1b[2J" not in written
    assert "\x9b" not in written
    assert "\x07" not in written
    assert "[red]私は [2J" in written  # not interpreted as markup
    assert ":cat:" in written


def test_an_answer_beyond_its_text_is_no_traceback(http_stub: HttpStub) -> None:
    span = {"answer": "苺", "score": 0.5, "start": 90, "end": 99, "document": 0}
    http_stub.replies(says({**span, "no_answer_score": 0.1, "answers": [span], "request_id": "r"}))
    assert "苺" in on_terminal(["ask", QUESTION, TEXT, "--url", http_stub.url])


def test_a_long_question_shows_that_it_is_asked_and_then_nothing_of_it(http_stub: HttpStub) -> None:
    http_stub.rule = lambda received: replace(answers_natively(received), delay=1.5 if received.body else 0)
    written = on_terminal(["ask", QUESTION, TEXT, "--url", http_stub.url])
    asking, _, answer = written.rpartition("Asking")
    assert asking
    assert re.search(r"0:00:0[1-9]|0:00:[1-5]\d", answer)
    assert "\x1b[2K" in answer  # the line is erased
    assert answer.endswith("が好きです。\n")


def test_nobody_waits_for_a_text_at_a_terminal(http_stub: HttpStub) -> None:
    written = on_terminal(["ask", QUESTION, "--url", http_stub.url], status=2)
    assert written == "luke-qa: Give the text: as CONTEXT, with --file, or on standard input.\n"


def test_a_batch_shows_how_far_it_is_and_how_fast(http_stub: HttpStub, tmp_path: Path) -> None:
    questions = tmp_path / "in.jsonl"
    questions.write_text(f'{{"question": "{QUESTION}", "context": "{TEXT}"}}\n' * 40 + "{}\n", "utf-8")
    written = on_terminal(["batch", str(questions), str(tmp_path / "out.csv"), "--url", http_stub.url], status=1)
    assert "100%" in written
    assert "rows/s, 1 failed" in written


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        (TEXT, 9, 10, Excerpt("私は", "苺", "が好きです。")),
        ("苺", 0, 1, Excerpt("", "苺", "")),
        ("行\n 苺 \n行", 3, 4, Excerpt("", "苺", "")),
        ("甲？乙！丙", 2, 3, Excerpt("", "乙", "！")),
        ("あ" * 100 + "苺" + "い" * 100, 100, 101, Excerpt("…" + "あ" * 60, "苺", "い" * 60 + "…")),
        ("あ" * 60 + "苺" + "い" * 60, 60, 61, Excerpt("あ" * 60, "苺", "い" * 60)),
        ("甲。乙", 1, 3, Excerpt("甲", "。乙", "")),  # an answer across sentences
    ],
)
def test_an_excerpt_is_the_answers_sentence_or_what_fits_of_it(
    text: str, start: int, end: int, expected: Excerpt
) -> None:
    assert excerpt(text, start, end) == expected
