"""The logs of a server: which are kept, and what they say about a failed start."""

from pathlib import Path

import pytest

from ops.server_log import CONSOLE, MODEL_LOG, failure_reason, keep_previous, prepare_logs


def test_the_last_workers_log_is_kept(tmp_path: Path) -> None:
    logs = tmp_path / "a" / "logs"
    prepare_logs(logs)
    assert list(logs.iterdir()) == []
    for content in ("first", "second"):
        (logs / MODEL_LOG).write_text(content)
        prepare_logs(logs)
    assert [path.name for path in logs.iterdir()] == ["model_log.previous.log"]
    assert (logs / "model_log.previous.log").read_text() == "second"


def test_an_empty_log_does_not_replace_one_with_a_crash_in_it(tmp_path: Path) -> None:
    (tmp_path / CONSOLE).write_text("the crash")
    keep_previous(tmp_path / CONSOLE)
    (tmp_path / CONSOLE).touch()
    keep_previous(tmp_path / CONSOLE)
    keep_previous(tmp_path / "nothing.log")
    assert (tmp_path / "console.previous.log").read_text() == "the crash"


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("INFO all is well\n", None),
        (
            "x\n12:00 ERROR - luke-qa cannot start: handler.colour is not a setting.\ny\n",
            "handler.colour is not a setting.",
        ),
        ("Backend worker process died.\n", "the worker crashed; see {file}."),
        ("Worker died\nluke-qa cannot start: no weights.\n", "no weights."),
    ],
)
def test_the_reason_is_the_handlers_line_or_that_a_worker_crashed(tmp_path: Path, log: str, reason: str | None) -> None:
    file = tmp_path / MODEL_LOG
    assert failure_reason(tmp_path) is None
    file.write_text(log)
    assert failure_reason(tmp_path) == (reason and reason.format(file=file))


def test_a_log_that_is_not_utf8_is_read_nevertheless(tmp_path: Path) -> None:
    (tmp_path / MODEL_LOG).write_bytes(b"\xff\nluke-qa cannot start: so.\n")
    assert failure_reason(tmp_path) == "so."
