"""Starting and stopping: what is said when it fails, and what is left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from luke_qa_client import AuthenticationError, LukeQAClient
from ops.instance import Instance, free_ports, read_properties, write_properties
from ops.layout import MODEL_NAME, ROOT, environment
from ops.server import ServerError, is_ready, start, stop
from tests.integration.guarded import Guarded
from tests.integration.test_wire import CONTEXT, QUESTION
from tests.support.archives import build_single


def family(instance: Instance) -> list[psutil.Process]:
    process = instance.process()
    assert process is not None
    return [process, *process.children(recursive=True)]


def wait_until_ready(instance: Instance) -> None:
    deadline = time.monotonic() + 120
    while not is_ready(instance):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_tokens_are_wanted_and_a_stop_leaves_no_process_no_key_and_no_temporary_file(
    own_instance: Instance, single: Path, tmp_path: Path
) -> None:
    guarded = Instance(own_instance.home, {**own_instance.properties, "disable_token_authorization": "false"})
    start(guarded, single, tmp_path / "logs")
    key = guarded.key("inference")
    with LukeQAClient(guarded.inference_url, token=key) as client:
        assert client.ask(QUESTION, CONTEXT).answer == "苺"
    with LukeQAClient(guarded.inference_url, token="wrong") as client, pytest.raises(AuthenticationError):
        client.ask(QUESTION, CONTEXT)
    processes = family(guarded)
    assert len(processes) >= 2
    assert stop(guarded)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)
    assert guarded.taken_ports() == []
    assert sorted(path.name for path in guarded.home.iterdir()) == ["config.properties", "tmp"]
    assert not list((guarded.home / "tmp").iterdir())
    assert not stop(guarded)


def test_a_taken_port_is_named(server: Instance, archive: Path, tmp_path: Path) -> None:
    rival = Instance(tmp_path / "home", server.properties)
    with pytest.raises(ServerError, match=f"port .*{server.taken_ports()[0]}.*: another program"):
        start(rival, archive, tmp_path / "logs")
    assert is_ready(server)


@pytest.mark.slow  # as the next two, which fail in other parts of a start
def test_a_setting_that_does_not_exist_fails_the_start_with_its_name(own_instance: Instance, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"handler\.colour is not a known setting"):
        start(
            own_instance,
            repackaged(tmp_path, "model-config.yaml", "minWorkers: 1\nmaxWorkers: 1\nhandler: {colour: red}"),
            tmp_path / "logs",
        )
    assert own_instance.process() is None


def test_truncated_weights_fail_the_start_with_the_files_name(own_instance: Instance, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"model\.safetensors .* truncated"):
        start(own_instance, repackaged(tmp_path, "model.safetensors", "short"), tmp_path / "logs")


def test_a_handler_that_cannot_be_imported_fails_the_start(own_instance: Instance, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="the worker crashed"):
        start(own_instance, repackaged(tmp_path, "luke_qa_handler.py", "import nowhere"), tmp_path / "logs")


def repackaged(tmp_path: Path, name: str, content: str) -> Path:
    """The archive with one file replaced: what a slip of an operator's editor makes of it."""
    whole, parts, broken = tmp_path / "whole.mar", tmp_path / "parts", tmp_path / "store" / f"{MODEL_NAME}.mar"
    build_single(whole)
    shutil.unpack_archive(whole, parts, "zip")
    (parts / name).write_text(content, "utf-8")
    broken.parent.mkdir()
    shutil.make_archive(str(tmp_path / "broken"), "zip", parts)
    return (tmp_path / "broken.zip").rename(broken)


def test_torchserves_own_commands_work_as_its_users_type_them(tmp_path: Path, single: Path) -> None:
    """As in the README, but for the ports."""
    config = tmp_path / "config.properties"
    write_properties({**read_properties(ROOT / "config" / "config.properties"), **free_ports()}, config)
    instance = Instance(tmp_path, read_properties(config))
    command = ["torchserve", "--start", "--ncs", "--model-store", str(single.parent)]
    command += ["--ts-config", str(config), "--models", f"{MODEL_NAME}={single.name}"]
    subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment(tmp_path), "LOG_LOCATION": str(tmp_path / "logs")},
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_ready(instance)
        with LukeQAClient(instance.inference_url) as client:
            assert client.ask(QUESTION, CONTEXT).answer == "苺"
    finally:
        stop(instance)


@dataclass(frozen=True)
class Clone:
    """A copy of the repository, with ports of its own in its config.properties."""

    directory: Path
    locale: str = "C.UTF-8"

    @property
    def instance(self) -> Instance:
        return Instance(self.directory / ".run", read_properties(self.directory / "config" / "config.properties"))

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a verb of make, in a process group of its own."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "LUKE_QA_"))}
        env = {**inherited, "LC_ALL": self.locale, "PROFILE": "x", "ENGINE": "y", "CHECKPOINT": "z", "BACKEND": "q"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = ["make", *arguments]
        return subprocess.Popen(command, cwd=self.directory, env=env, text=True, process_group=0, **pipes)  # type: ignore[call-overload,no-any-return]

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.begin(*arguments) as process:
            output, errors = process.communicate(timeout=600)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    long = "too long for the paths of sockets, which have 107 bytes at most"
    clone = Clone(tmp_path / "日本 語; $x" / long / "clone")
    for part in ("Makefile", "client", "config", "handler", "ops", "requirements", "checkpoints/embedded"):
        (clone.directory / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, clone.directory / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, clone.directory / part)
    (clone.directory / "model_store").mkdir()
    # The environment's files are shared; its stamps are new, so that nothing is installed.
    (clone.directory / ".venv").mkdir()
    for file in Path(sys.prefix).iterdir():
        (clone.directory / ".venv" / file.name).symlink_to(file)
    for stamp in (".serve", ".openvino", ".int8", ".ui", ".dev"):
        (clone.directory / ".venv" / stamp).unlink(missing_ok=True)
        (clone.directory / ".venv" / stamp).touch()
    config = clone.directory / "config" / "config.properties"
    write_properties({**read_properties(config), **free_ports()}, config)
    settings = clone.directory / "config" / "model-config.yaml"  # one worker is enough
    settings.write_text(f"{settings.read_text('utf-8')}\nminWorkers: 1\nmaxWorkers: 1\n", "utf-8")
    yield clone
    stop(clone.instance)


ASKED = ("ask", "QUESTION=好きな食べ物は何ですか'\"; $x", f"CONTEXT={CONTEXT}")


def test_a_clone_in_a_path_with_spaces_and_japanese_serves_in_the_plainest_locale(clone: Clone) -> None:
    clone = replace(clone, locale="C")
    done = clone.make(*ASKED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("Packaged checkpoints/embedded as model_store/luke-qa.mar")
    assert done.stdout.splitlines()[-1].startswith("苺")
    assert "It runs in dev: " in done.stdout
    assert clone.make("status").returncode == 0
    assert clone.make("stop").stdout == "The server has stopped.\n"
    # It stays in production, from start to start.
    assert clone.make("start", "PRODUCTION=on").returncode == 0
    assert clone.make("stop").returncode == 0
    console = clone.directory / "logs" / "console.log"
    assert console.read_text("utf-8").splitlines()[-1].endswith("The server has stopped, as it was asked to.")
    assert "It runs in production: " in clone.make("start").stdout


def test_every_verb_follows_the_ports_of_the_configuration_and_of_what_runs(clone: Clone) -> None:
    assert clone.make("start").returncode == 0
    url = clone.instance.inference_url
    assert f"ready at {url};" in clone.make("status").stdout
    # What runs goes on at its own port, whatever the file says now.
    config = clone.directory / "config" / "config.properties"
    write_properties({**read_properties(config), **free_ports()}, config)
    assert f"ready at {url};" in clone.make("status").stdout
    demo = clone.make("demo")
    assert demo.stdout.count("苺") >= 2
    assert f"already running at {url}, in dev" in demo.stderr
    assert "\nconfig.properties has other addresses: run `make stop` first" in demo.stderr
    # A checkpoint is looked at before anybody is told to stop the server for it.
    assert clone.make("start", "CHECKPOINT=nowhere").stderr.startswith(
        "Nothing was started. nowhere is not a checkpoint"
    )
    (clone.directory / "other").symlink_to("checkpoints/embedded")
    assert clone.make("start", "CHECKPOINT=other").stderr.startswith(
        "The server is already running, but serves another checkpoint: run `make stop` first.\n"
    )
    # An archive that has changed is not what runs.
    settings = clone.directory / "config" / "model-config.yaml"
    settings.write_text(settings.read_text("utf-8") + "# changed\n", "utf-8")
    done = clone.make("start")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "The server is already running, but serves an older archive: run `make stop` first.\n"
    )
    assert clone.make("stop").stdout == "The server has stopped.\n"
    done = clone.make(*ASKED)
    assert done.stdout.splitlines()[-1].startswith("苺"), done.stderr
    assert clone.instance.inference_url != url
    assert f"ready at {clone.instance.inference_url};" in clone.make("status").stdout


def test_an_interrupted_start_leaves_nothing_running(clone: Clone) -> None:
    with clone.begin("start") as starting:
        deadline = time.monotonic() + 120
        while clone.instance.supervisor() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        supervisor = clone.instance.supervisor()
        assert supervisor is not None
        os.killpg(starting.pid, signal.SIGINT)
        _, errors = starting.communicate(timeout=120)
    assert starting.returncode != 0
    assert "Interrupted." in errors.splitlines()
    assert not supervisor.is_running()
    assert clone.instance.process() is None
    assert clone.instance.taken_ports() == []
    assert clone.make("status").stdout == "The server is not running.\n"


def test_a_worker_that_is_killed_while_idle_comes_back(guarded: Guarded) -> None:
    pid = guarded.worker()
    assert pid is not None
    worker = psutil.Process(pid)
    worker.kill()
    worker.wait(60)
    wait_until_ready(guarded.instance)
    with LukeQAClient(guarded.url(grpc=False), token=guarded.key) as client:
        assert client.ask(QUESTION, CONTEXT).answer == "苺"
