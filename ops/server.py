"""Start and stop TorchServe, and check its workers."""

import os
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import requests

from ops.errors import OpsError
from ops.instance import KEY_FILE, Instance, read_properties, write_properties
from ops.layout import CONFIG, HANDLER, ROOT, RUN
from ops.observation import observe
from ops.server_log import CONSOLE, prepare_logs

START_TIMEOUT = 300.0  # seconds until every worker must be ready
STOP_TIMEOUT = 60.0  # seconds until every process must have ended; longer than Times.drain


class ServerError(OpsError):
    """The server is not in the state that was asked for, or could not be brought into it."""


def make_instance(home: Path = RUN, overrides: Mapping[str, str] | None = None) -> Instance:
    """The instance under ``home``, configured by ``config/config.properties`` and ``overrides``."""
    properties = {**read_properties(CONFIG / "config.properties"), **(overrides or {})}
    # The server runs in ``home``, where it writes its keys. TorchServe splits JVM arguments at spaces, so these paths
    # are relative: the path of the repository may hold spaces.
    config = os.path.relpath(CONFIG, home)
    for name in ("metrics_config", "vmargs"):
        properties[name] = properties[name].replace("config/", f"{config}/")
    return Instance(home, properties)


def running_instance() -> Instance:
    """The instance of this repository, configured as it was started if it runs."""
    started_with = RUN / "config.properties"
    instance = make_instance()
    if instance.process() is not None and started_with.is_file():
        return Instance(RUN, read_properties(started_with))
    return instance


def inference_key() -> str:
    """The key that a request to the running instance needs; empty if it needs none."""
    instance = running_instance()
    return instance.key("inference") or "" if instance.needs_token else ""


def start(instance: Instance, archive: Path, logs: Path, timeout: float = START_TIMEOUT) -> None:
    """Start a supervisor that serves ``archive``, detached, and wait until the server is ready.

    Raises:
        ServerError: a port is taken, or a worker does not get ready. Nothing is left running.
    """
    instance.home.mkdir(parents=True, exist_ok=True)
    prepare_logs(logs)
    console = logs / CONSOLE
    properties = instance.home / "config.properties"
    write_properties(instance.properties, properties)
    options = ("--home", instance.home, "--archive", archive, "--logs", logs, "--config", properties)
    supervisor = psutil.Process(_spawn([sys.executable, "-m", "ops", "serve", *map(str, options)], console))
    deadline = time.monotonic() + timeout
    try:
        # The supervisor names itself once it knows that its ports are free: before, another server may answer there.
        while instance.supervisor() != supervisor or not is_ready(instance):
            if supervisor.status() == psutil.STATUS_ZOMBIE:
                raise ServerError(_last_line(console) or f"the supervisor exited; see {console}.")
            if time.monotonic() > deadline:
                raise ServerError(f"it was not ready after {timeout:g} seconds; see {logs}.")
            time.sleep(0.1)
    except BaseException:
        with suppress(psutil.NoSuchProcess):
            supervisor.terminate()
        psutil.wait_procs([supervisor], STOP_TIMEOUT)
        stop(instance)
        raise


def stop(instance: Instance) -> bool:
    """Stop the server, after what is in flight, and remove its keys and temporary files.

    Returns:
        Whether it was running.

    Raises:
        ServerError: a process does not end.
    """
    running = [process for process in (instance.supervisor(), instance.process()) if process is not None]
    family = [*running, *(child for process in running for child in process.children(recursive=True))]
    if running:
        running[0].terminate()  # without a supervisor, java: it was started by TorchServe's own command
        _, alive = psutil.wait_procs(family, STOP_TIMEOUT)
        for orphan in alive:
            orphan.kill()
        _, alive = psutil.wait_procs(alive, STOP_TIMEOUT)
        if alive:
            raise ServerError(f"process {alive[0].pid} does not end.")
    _tidy(instance)
    return bool(running)


def workers(instance: Instance) -> list[str]:
    """Return the status of every worker; empty if the management address does not reply."""
    observation = observe(instance, timeout=5)
    if observation is None:
        return []
    states = [worker.status for worker in observation.workers]
    return states + ["MISSING"] * (observation.wanted - len(states))


def is_ready(instance: Instance) -> bool:
    """Return whether the server says that it is ready: by its supervisor, or without one by its workers."""
    if instance.supervisor() is None:
        states = workers(instance)
        return bool(states) and set(states) == {"READY"}
    try:
        ready = requests.get(f"{instance.control_url}/ready", timeout=5).status_code == requests.codes.ok
    except requests.RequestException:
        return False
    return ready and set(workers(instance)) == {"READY"}


def _spawn(command: list[str], console: Path) -> int:
    """Start a command in a session of its own: it outlives this terminal and does not hold its output open."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(console), flags, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    paths = os.pathsep.join(map(str, (ROOT, HANDLER, ROOT / "client" / "src")))
    return os.posix_spawn(command[0], command, {**os.environ, "PYTHONPATH": paths}, file_actions=actions, setsid=True)


def _last_line(console: Path) -> str:
    lines = [line for line in console.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def _tidy(instance: Instance) -> None:
    for file in (instance.pid_file, instance.supervisor_file, instance.home / KEY_FILE):
        file.unlink(missing_ok=True)
    shutil.rmtree(instance.metrics_directory, ignore_errors=True)
    # The directory itself stays: `make env` may have pointed a shell to it.
    shutil.rmtree(instance.temporary, ignore_errors=True)
    instance.temporary.mkdir(parents=True, exist_ok=True)
