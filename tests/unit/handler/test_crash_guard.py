import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from luke_qa.crash_guard import MAX_DEATHS, CrashGuard, fingerprint
from luke_qa.errors import CrashesWorkers
from luke_qa.query import Options, Query

OPTIONS = Options(top_k=1, max_answer_len=30, max_seq_len=128, doc_stride=16)
POISON = fingerprint(Query(("何？",), ("毒",), OPTIONS))
HARMLESS = fingerprint(Query(("何？",), ("苺",), OPTIONS))


def kill_a_worker_over(directory: Path, *digests: str) -> None:
    code = (
        "import os, sys; from pathlib import Path; from luke_qa.crash_guard import CrashGuard\n"
        "guard = CrashGuard(Path(sys.argv[1]))\n"
        "with guard.watching(sys.argv[2:]):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, str(directory), *digests], env=environment, check=False)
    assert done.returncode == -9


def test_a_request_over_which_workers_died_is_refused_and_others_are_not(tmp_path: Path) -> None:
    for _ in range(MAX_DEATHS):
        CrashGuard(tmp_path).check(POISON)
        kill_a_worker_over(tmp_path, POISON)
    guard = CrashGuard(tmp_path)
    with pytest.raises(CrashesWorkers, match=f"{MAX_DEATHS} workers died"):
        guard.check(POISON)
    guard.check(HARMLESS)


def test_a_worker_that_nobody_has_buried_is_counted_among_the_dead(tmp_path: Path) -> None:
    CrashGuard(tmp_path)
    code = (
        "import os, sys; from pathlib import Path; from luke_qa.crash_guard import CrashGuard\n"
        "with CrashGuard(Path(sys.argv[1])).watching(sys.argv[2:]): os._exit(1)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(MAX_DEATHS):
        with subprocess.Popen([sys.executable, "-c", code, str(tmp_path), POISON], env=environment) as worker:
            os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie now
            guard = CrashGuard(tmp_path)
    with pytest.raises(CrashesWorkers):
        guard.check(POISON)


def test_surviving_a_request_clears_its_count(tmp_path: Path) -> None:
    for _ in range(MAX_DEATHS):
        kill_a_worker_over(tmp_path, POISON, HARMLESS)
    guard = CrashGuard(tmp_path)
    with guard.watching([HARMLESS]):
        pass
    guard.check(HARMLESS)
    with pytest.raises(CrashesWorkers):
        guard.check(POISON)


def test_an_error_is_no_death(tmp_path: Path) -> None:
    guard = CrashGuard(tmp_path)
    for _ in range(MAX_DEATHS):
        with pytest.raises(ZeroDivisionError), guard.watching([HARMLESS]):
            raise ZeroDivisionError
    CrashGuard(tmp_path).check(HARMLESS)


def test_a_living_sibling_is_not_counted_among_the_dead(tmp_path: Path) -> None:
    guard = CrashGuard(tmp_path)
    with guard.watching([POISON]):
        for _ in range(MAX_DEATHS):
            kill_a_worker_over(tmp_path, HARMLESS)
    CrashGuard(tmp_path).check(POISON)


def test_the_notes_hold_no_text_and_are_the_users_own(tmp_path: Path) -> None:
    guard = CrashGuard(tmp_path / "notes")
    with guard.watching([POISON]):
        note = tmp_path / "notes" / str(os.getpid())
        assert note.read_text("ascii") == POISON
        assert note.stat().st_mode & 0o077 == 0
    assert note.read_bytes() == b""


def test_texts_that_join_to_the_same_string_differ() -> None:
    assert fingerprint(Query(("あい",), ("う",), OPTIONS)) != fingerprint(Query(("あ",), ("いう",), OPTIONS))


def test_on_a_full_disk_requests_are_answered_unwatched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    guard, answered = CrashGuard(tmp_path), False
    monkeypatch.setattr(os, "pwrite", is_full)
    with guard.watching([HARMLESS]):
        answered = True
    assert answered
