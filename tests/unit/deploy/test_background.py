"""A server in the background: its note, its start and its end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.background import Note, StartError, end, launch, wait_until_ready, why

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)", "mark"]


def test_a_server_is_started_found_and_ended(tmp_path: Path) -> None:
    note, log = Note(tmp_path / "home" / "server.json", "mark"), tmp_path / "server.log"
    process = launch(SLEEPS, os.environ, log)
    note.write(process.pid, {"http": 1})
    wait_until_ready("It", process, lambda: True, 60, log)
    found = note.process()
    assert found is not None
    assert (found.pid, note.ports()) == (process.pid, {"http": 1})
    end(found, 60)
    note.forget()
    assert (note.process(), note.ports()) == (None, {})


def test_another_process_is_not_ours(tmp_path: Path) -> None:
    note = Note(tmp_path / "server.json", "mark")
    note.write(os.getpid(), {})
    assert note.process() is None


def test_why_it_did_not_start_is_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = launch([sys.executable, "-c", "print('luke-qa cannot start: no model'); print('x')"], os.environ, log)
    with pytest.raises(StartError, match="It did not start: luke-qa cannot start: no model"):
        wait_until_ready("It", process, lambda: False, 60, log)


def test_who_never_gets_ready_is_told(tmp_path: Path) -> None:
    process = launch(SLEEPS, os.environ, tmp_path / "log")
    with pytest.raises(StartError, match="was not ready after 0 seconds"):
        wait_until_ready("It", process, lambda: False, 0, tmp_path / "log")
    process.kill()
    process.wait()


def test_who_does_not_end_is_killed() -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        end(psutil.Process(process.pid), 0.1)
        assert process.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize(("text", "reason"), [("a\nEOF error\nb\n", "EOF error"), ("a\nb\n\n", "b"), ("", "see {log}")])
def test_the_reason_is_the_line_that_says_so(tmp_path: Path, text: str, reason: str) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert why(log) == reason.format(log=log)
