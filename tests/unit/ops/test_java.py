"""Java as a process of ours: its command, its end, and what a killed supervisor left of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ops.instance import SERVER, Instance, free_ports
from ops.java import end_java, end_orphan, java_command
from ops.server import make_instance

# A process with a child, which ignores SIGTERM and says when it is there.
CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
FAMILY = """
import signal, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-S", "-c", sys.argv[1]])
time.sleep(600)
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    instance = make_instance(tmp_path / "home", free_ports())
    instance.temporary.mkdir(parents=True)
    return instance


def start_family(*arguments: str) -> tuple[psutil.Popen, list[psutil.Process]]:
    java = psutil.Popen(command(*arguments), start_new_session=True, stdout=subprocess.PIPE)
    with java.stdout:
        assert java.stdout.readline() == b"1\n"
    return java, java.children()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-S", "-c", FAMILY, CHILD, *arguments, *SERVER]


def are_gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, 60)[1]


def test_the_command_serves_the_archive_with_the_heap_of_the_properties(instance: Instance) -> None:
    command = java_command(instance, Path("/c/config.properties"), Path("/store/luke-qa.mar"))
    assert command[command.index("-s") + 1] == "/store"
    assert command[command.index("-m") + 1] == "luke-qa=luke-qa.mar"
    assert command[command.index("-f") + 1] == "/c/config.properties"
    assert "-XX:+ExitOnOutOfMemoryError" in command
    assert set(SERVER) <= set(command)


@pytest.mark.parametrize(
    ("stubborn", "seconds", "status"),
    [(False, 60.0, signal.SIGTERM), (True, 0.1, signal.SIGKILL), (False, 0.0, signal.SIGKILL)],
)
def test_java_ends_by_itself_or_is_killed_and_its_workers_are(stubborn: bool, seconds: float, status: int) -> None:
    java, children = start_family(*["stubborn"] * stubborn)
    end_java(java, seconds)
    assert java.returncode == -status
    assert are_gone(children)


def test_a_java_that_is_gone_ends_once_more_without_a_word() -> None:
    java, children = start_family()
    java.kill()
    java.wait()
    end_java(java, 60)
    assert are_gone(children)
    end_java(java, 60)


def test_what_a_killed_supervisor_left_is_ended(instance: Instance, caplog: pytest.LogCaptureFixture) -> None:
    with subprocess.Popen(command(), start_new_session=True, stdout=subprocess.PIPE, text=True) as java:
        assert java.stdout is not None
        assert java.stdout.readline() == "1\n"
        children = psutil.Process(java.pid).children()
        instance.pid_file.write_text(str(java.pid))
        instance.supervisor_file.write_text("99999999")
        assert instance.is_orphaned()
        end_orphan(instance)
        assert are_gone(children)
    assert not psutil.pid_exists(java.pid)
    assert caplog.messages == [f"Process {java.pid} has lost its supervisor and is killed."]


def test_a_server_that_never_had_a_supervisor_is_left_alone(instance: Instance) -> None:
    java, _ = start_family()
    instance.pid_file.write_text(str(java.pid))
    end_orphan(instance)
    assert java.poll() is None
    end_java(java, 0)


def test_a_server_with_a_supervisor_is_left_alone(instance: Instance) -> None:
    java, _ = start_family()
    supervisor = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)", "ops", "serve"])
    instance.pid_file.write_text(str(java.pid))
    instance.supervisor_file.write_text(str(supervisor.pid))
    end_orphan(instance)
    assert java.poll() is None
    supervisor.kill()
    supervisor.wait()
    end_java(java, 0)


def test_without_any_server_nothing_ends(instance: Instance) -> None:
    instance.supervisor_file.write_text(str(os.getpid()))
    instance.pid_file.write_text(str(os.getpid()))
    end_orphan(instance)
