"""`make ui` hands over to `luke-qa ui`."""

import os

import pytest

from ops.verbs import ui


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ([], ["--open"]),
        (["--feedback", "a.jsonl"], ["--open", "--feedback", "a.jsonl"]),
        (["--port", "9000"], ["--open", "--port", "9000"]),
    ],
)
def test_it_serves_the_page_of_the_server_that_runs_here_and_opens_it(
    monkeypatch: pytest.MonkeyPatch, options: list[str], arguments: list[str]
) -> None:
    started: list[object] = []
    monkeypatch.setattr(ui, "client_environment", lambda: {"LUKE_QA_URL": "http://127.0.0.1:1"})
    monkeypatch.setattr(os, "execve", lambda *given: started.extend(given))
    ui.main(options)
    assert started == [ui.COMMAND, [str(ui.COMMAND), "ui", *arguments], {"LUKE_QA_URL": "http://127.0.0.1:1"}]
