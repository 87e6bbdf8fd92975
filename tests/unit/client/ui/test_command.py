"""``luke-qa ui`` without a browser."""

import socket
import sys
from pathlib import Path

import pytest

from luke_qa_client._cli import main
from luke_qa_client._cli.ui import run


def test_without_the_extra_it_says_which_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert main(["ui"]) == 2
    error = capsys.readouterr().err
    assert "run `make ui`, or, in an environment of its own, pip install luke_qa_client[ui]" in error


@pytest.fixture
def with_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{run.__module__}.find_spec", lambda name: object())


@pytest.mark.usefixtures("with_extra")
def test_a_port_that_is_taken_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["ui", "--port", str(port)]) == 2
    assert capsys.readouterr().err == (
        f"luke-qa: The page cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Choose another port with --port (make ui: PORT=); 0 is a free one.\n"
    )


@pytest.mark.usefixtures("with_extra")
@pytest.mark.parametrize("options", [("--port", "65536"), ("--port", "-1"), ("--host", "no such host")])
def test_a_place_to_listen_that_is_none_is_a_sentence(
    capsys: pytest.CaptureFixture[str], options: tuple[str, str]
) -> None:
    assert main(["ui", *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("luke-qa: ")
    assert options[1] in error


@pytest.mark.usefixtures("with_extra")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("notes.jsonl", "contains something else"),
        ("none/a.jsonl", "No such file"),
        ("notes.json", "must end in .jsonl"),
    ],
)
def test_a_file_for_feedback_that_cannot_be_used_is_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, words: str
) -> None:
    (tmp_path / "notes.jsonl").write_text("notes")
    assert main(["ui", "--feedback", str(tmp_path / name)]) == 2
    assert words in capsys.readouterr().err
