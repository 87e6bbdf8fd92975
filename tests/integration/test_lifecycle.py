"""Starting and stopping: what is said when it fails, and what is left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from luke_qa_client import AuthenticationError, LukeQAClient
from ops.archive import build_archive
from ops.instance import KEY_FILE, Instance, free_ports, read_properties, write_properties
from ops.layout import MODEL_NAME, ROOT, environment
from ops.server import ServerError, is_ready, start, stop
from tests.integration.test_wire import CONTEXT, QUESTION
from tests.support.checkpoints import EMBEDDED


def family(instance: Instance) -> list[psutil.Process]:
    process = instance.process()
    assert process is not None
    return [process, *process.children(recursive=True)]


def wait_until_ready(instance: Instance) -> None:
    deadline = time.monotonic() + 60
    while not is_ready(instance):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_stop_leaves_no_process_no_key_and_no_temporary_file(
    own_instance: Instance, archive: Path, tmp_path: Path
) -> None:
    start(own_instance, archive, tmp_path / "logs")
    processes = family(own_instance)
    assert len(processes) >= 2
    assert stop(own_instance)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)
    assert own_instance.taken_ports() == []
    assert sorted(path.name for path in own_instance.home.iterdir()) == ["config.properties", "tmp"]
    assert not list((own_instance.home / "tmp").iterdir())
    assert not stop(own_instance)


def test_tokens_are_wanted_where_they_are_turned_on(own_instance: Instance, archive: Path, tmp_path: Path) -> None:
    guarded = Instance(own_instance.home, {**own_instance.properties, "disable_token_authorization": "false"})
    start(guarded, archive, tmp_path / "logs")
    key = guarded.key("inference")
    with LukeQAClient(guarded.inference_url, token=key) as client:
        assert client.ask(QUESTION, CONTEXT).answer == "苺"
    with LukeQAClient(guarded.inference_url, token="wrong") as client, pytest.raises(AuthenticationError):
        client.ask(QUESTION, CONTEXT)
    stop(guarded)
    assert not (guarded.home / KEY_FILE).exists()


def test_a_taken_port_is_named(server: Instance, archive: Path, tmp_path: Path) -> None:
    rival = Instance(tmp_path / "home", server.properties)
    with pytest.raises(ServerError, match=f"port .*{server.taken_ports()[0]}.*: another program"):
        start(rival, archive, tmp_path / "logs")
    assert is_ready(server)


def test_a_setting_that_does_not_exist_fails_the_start_with_its_name(own_instance: Instance, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"handler\.colour is not a setting"):
        start(own_instance, repackaged(tmp_path, "model-config.yaml", "handler: {colour: red}"), tmp_path / "logs")
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
    build_archive(EMBEDDED, None, whole)
    shutil.unpack_archive(whole, parts, "zip")
    (parts / name).write_text(content, "utf-8")
    broken.parent.mkdir()
    shutil.make_archive(str(tmp_path / "broken"), "zip", parts)
    return (tmp_path / "broken.zip").rename(broken)


def test_torchserves_own_commands_work_as_its_users_type_them(tmp_path: Path, archive: Path) -> None:
    """As in the README, but for the ports."""
    config = tmp_path / "config.properties"
    write_properties({**read_properties(ROOT / "config" / "config.properties"), **free_ports()}, config)
    instance = Instance(tmp_path, read_properties(config))
    command = ["torchserve", "--start", "--ncs", "--model-store", str(archive.parent)]
    command += ["--ts-config", str(config), "--models", f"{MODEL_NAME}={archive.name}"]
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


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_clone_in_a_path_with_spaces_and_japanese_serves(locale: str, tmp_path: Path) -> None:
    clone = tmp_path / "日本 語; $x" / "clone"
    for part in ("Makefile", "client", "config", "handler", "ops", "requirements", "checkpoints/embedded"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        (clone / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, clone / part)
    (clone / "model_store").mkdir()
    # The environment's files are shared; its stamps are new, so that nothing is installed.
    (clone / ".venv").mkdir()
    for file in Path(sys.prefix).iterdir():
        (clone / ".venv" / file.name).symlink_to(file)
    for stamp in (".serve", ".openvino", ".int8", ".ui", ".dev"):
        (clone / ".venv" / stamp).unlink(missing_ok=True)
        (clone / ".venv" / stamp).touch()
    config = clone / "config" / "config.properties"
    write_properties({**read_properties(config), **free_ports()}, config)

    def make(*arguments: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        env = {**inherited, "LC_ALL": locale, "PROFILE": "x", "ENGINE": "y", "CHECKPOINT": "z", "BACKEND": "q"}
        return subprocess.run(["make", *arguments], cwd=clone, env=env, capture_output=True, text=True, timeout=120)

    instance = Instance(clone / ".run", read_properties(config))
    try:
        done = make("ask", "AUTH=on", "QUESTION=好きな'食べ物'は\"何\"ですか; $x", f"CONTEXT={CONTEXT}")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0].startswith("Packaged checkpoints/embedded as model_store/luke-qa.mar")
        assert done.stdout.splitlines()[-1].startswith("苺")
        assert make("status").returncode == 0
        assert make("stop").stdout == "The server has stopped.\n"
    finally:
        stop(instance)


def test_a_killed_worker_comes_back(own_instance: Instance, archive: Path, tmp_path: Path) -> None:
    start(own_instance, archive, tmp_path / "logs")
    url = f"{own_instance.management_url}/models/{MODEL_NAME}"
    pid = requests.get(url, timeout=5).json()[0]["workers"][0]["pid"]
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    wait_until_ready(own_instance)
    with LukeQAClient(own_instance.inference_url) as client:
        assert client.ask(QUESTION, CONTEXT).answer == "苺"
