"""The supervisor over a stand-in for Triton: what it does when a process dies, and when it is told to stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from deploy.triton import supervisor
from deploy.triton.supervisor import PAUSES, PREFIX
from ops.layout import ROOT
from ops.ports import find_free_port
from tests.support import waiting

PATIENCE = 60.0
LOAD = "/v2/repository/models/luke-qa/load"


wait_for = partial(waiting.wait_for, seconds=PATIENCE)


def is_alive(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass(frozen=True)
class Supervised:
    process: subprocess.Popen[bytes]
    notes: Path

    def noted(self, kind: str) -> list[str]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [line for line in lines if line.split()[0] == kind]

    def pids(self, kind: str) -> list[int]:
        return [int(line.split()[1]) for line in self.noted(kind)]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Supervised]]:
    started = list[Supervised]()

    def start() -> Supervised:
        port = find_free_port()
        version = tmp_path / "luke-qa" / "1"
        version.mkdir(parents=True)
        (version / "model.py").touch()
        notes = tmp_path / "notes"
        command = [sys.executable, str(ROOT / "tests" / "support" / "fake_triton.py"), str(port), str(notes)]
        words = [sys.executable, "-m", "deploy.triton.supervisor", str(port), str(version.parent), "--", *command]
        started.append(Supervised(subprocess.Popen(words, cwd=ROOT), notes))
        return started[-1]

    yield start
    for each in started:
        each.process.terminate()
        each.process.wait(PATIENCE)
    # Whatever happened, nothing is left.
    wait_for(lambda: not any(is_alive(pid) for each in started for pid in each.pids("stub")))


def test_the_model_is_loaded_again_when_its_process_dies(start: Callable[[], Supervised]) -> None:
    supervised = start()
    wait_for(lambda: supervised.pids("stub"))
    time.sleep(1.0)  # until it has been seen to be ready
    os.kill(supervised.pids("stub")[0], signal.SIGKILL)
    wait_for(lambda: supervised.noted(LOAD))
    time.sleep(1.0)
    assert len(supervised.noted(LOAD)) == 1  # once for each death, although the dead one is still listed
    os.kill(supervised.pids("stub")[1], signal.SIGKILL)
    wait_for(lambda: len(supervised.noted(LOAD)) == 2)
    assert len(supervised.pids("triton")) == 1


@pytest.mark.parametrize("fault", ["refuses", "babbles"])
def test_a_load_that_fails_is_tried_again_after_a_pause(
    fault: str, start: Callable[[], Supervised], tmp_path: Path
) -> None:
    supervised = start()
    wait_for(lambda: supervised.pids("stub"))
    time.sleep(1.0)
    (tmp_path / fault).touch()
    os.kill(supervised.pids("stub")[0], signal.SIGKILL)
    wait_for(lambda: len(supervised.noted(LOAD)) >= 2)
    (tmp_path / fault).unlink()
    wait_for(lambda: len(supervised.pids("stub")) == 2)
    wait_for(lambda: len(supervised.noted(LOAD)) >= 3)
    first, second, third = [float(line.split()[1]) for line in supervised.noted(LOAD)[:3]]
    assert second - first >= 0.5
    assert third - second >= 2.0
    assert len(supervised.pids("triton")) == 1


def test_a_version_that_is_gone_for_a_moment_does_not_end_the_supervisor(
    start: Callable[[], Supervised], tmp_path: Path
) -> None:
    supervised = start()
    wait_for(lambda: supervised.pids("stub"))
    time.sleep(1.0)
    version = tmp_path / "luke-qa" / "1"
    version.rename(tmp_path / "aside")
    os.kill(supervised.pids("stub")[0], signal.SIGKILL)
    time.sleep(1.0)
    assert supervised.process.poll() is None
    assert not supervised.noted(LOAD)
    (tmp_path / "aside").rename(version)
    wait_for(lambda: len(supervised.pids("stub")) == 2)


def test_triton_is_started_again_when_it_dies(start: Callable[[], Supervised]) -> None:
    supervised = start()
    wait_for(lambda: supervised.pids("stub"))
    os.kill(supervised.pids("stub")[0], signal.SIGKILL)
    wait_for(lambda: supervised.noted(LOAD))  # so it has been seen to be ready
    os.kill(supervised.pids("triton")[0], signal.SIGKILL)
    wait_for(lambda: len(supervised.pids("triton")) == 2)
    wait_for(lambda: not is_alive(supervised.pids("stub")[1]))  # its orphan is ended


def test_a_triton_that_never_was_ready_is_not_started_again(start: Callable[[], Supervised], tmp_path: Path) -> None:
    (tmp_path / "fails").touch()
    supervised = start()
    assert supervised.process.wait(PATIENCE) == 3
    assert len(supervised.pids("triton")) == 1


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_passed_on(ending: signal.Signals, start: Callable[[], Supervised]) -> None:
    supervised = start()
    wait_for(lambda: supervised.pids("stub"))
    supervised.process.send_signal(ending)
    assert supervised.process.wait(PATIENCE) == 0
    assert not is_alive(supervised.pids("triton")[0])


def test_the_memory_of_a_killed_triton_is_freed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SHARED_MEMORY", tmp_path)
    for name in ("luke-qa-1-x", "luke-qa-12-x", "other"):
        (tmp_path / name).touch()
    assert supervisor.Supervisor(1, tmp_path, ["false", f"python,{PREFIX}luke-qa-1-"]).run() == 1
    assert {file.name for file in tmp_path.iterdir()} == {"luke-qa-12-x", "other"}


def test_pauses_grow() -> None:
    assert list(PAUSES) == sorted(PAUSES)
