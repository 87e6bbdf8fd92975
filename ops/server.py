"""Start and stop TorchServe, and check its workers."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import requests

from ops.errors import INTERRUPTED, OpsError
from ops.instance import KEY_FILE, PROPERTIES, Instance, read_properties, write_properties
from ops.java import end_orphan
from ops.layout import CONFIG, HANDLER, ROOT, RUN
from ops.observation import observe
from ops.server_log import CONSOLE, keep_previous, prepare_logs

START_TIMEOUT = 300.0  # seconds until every worker must be ready
STOP_TIMEOUT = 30.0  # seconds beyond drain_timeout until every process must have ended


class ServerError(OpsError):
    """The server is not in the state that was asked for, or could not be brought into it."""


def make_instance(home: Path = RUN, overrides: Mapping[str, str] | None = None) -> Instance:
    """The instance under ``home``, configured by ``config/config.properties`` and ``overrides``."""
    properties = {**read_properties(CONFIG / "config.properties"), **(overrides or {})}
    # The server runs in ``home``, where it writes its keys. TorchServe splits JVM arguments at spaces, so these paths
    # are relative: the path of the repository may hold spaces.
    config = os.path.relpath(CONFIG, home)
    for name in ("metrics_config", "vmargs"):
        properties[name] = re.sub(r"(^|=)config/", rf"\1{config}/", properties[name])
    if properties["production"] == "true" and "enable_model_api" not in (overrides or {}):
        properties["enable_model_api"] = "true"  # for upgrades; the management address is on loopback then
    return Instance(home, properties)


def running_instance() -> Instance:
    """The instance of this repository, configured as it was started if it runs."""
    instance, started_with = make_instance(), RUN / PROPERTIES
    if is_up(instance) and started_with.is_file():
        return Instance(RUN, {**instance.properties, **read_properties(started_with)})
    return instance


def is_up(instance: Instance) -> bool:
    """Return whether it runs, ready or not. An orphan does not count: the next start ends it."""
    return instance.supervisor() is not None or (instance.process() is not None and not instance.is_orphaned())


def inference_key() -> str:
    """The key that a request to the running instance needs; empty if it needs none."""
    instance = running_instance()
    return instance.key("inference") or "" if instance.needs_token else ""


def make_room(instance: Instance) -> None:
    """Make the home of a server that is about to start, and end what a killed supervisor left there.

    Raises:
        ServerError: another server is in its place.
    """
    other = instance.supervisor()
    if other is not None and other.pid != os.getpid():  # `start` has written our own process id there
        raise ServerError(f"process {other.pid} already serves from {instance.home}.")
    end_orphan(instance)
    if taken := instance.taken_ports():
        raise ServerError(f"port {', '.join(map(str, taken))}: another program is listening there.")
    instance.home.mkdir(parents=True, exist_ok=True)


def start(instance: Instance, archive: Path, logs: Path, timeout: float = START_TIMEOUT) -> None:
    """Start a supervisor that serves ``archive``, detached, and wait until the server is ready.

    Raises:
        ServerError: a port is taken, or a worker does not get ready. Nothing is left running.
    """
    make_room(instance)
    console = logs / CONSOLE
    prepare_logs(logs)
    keep_previous(console)
    properties = instance.home / PROPERTIES
    write_properties(instance.properties, properties)
    options = ["--home", instance.home, "--archive", archive, "--logs", logs, "--config", properties]
    with console.open("wb") as output:
        # In its own session: the server outlives this terminal and does not hold its output open.
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "ops", "serve", *map(str, options)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, HANDLER, ROOT / "client" / "src")))},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + timeout
    try:
        # As it does itself, but `stop` may come before that.
        instance.supervisor_file.write_text(str(supervisor.pid))
        while not is_ready(instance):
            if (status := supervisor.poll()) is not None:
                raise ServerError(_why(status, console))
            if time.monotonic() > deadline:
                raise ServerError(f"it was not ready after {timeout:g} seconds; see {logs}.")
            time.sleep(0.1)
    except BaseException:
        stop(instance)
        supervisor.wait()
        raise
    supervisor.returncode = 0  # it is on its own from here: keeps Python from warning that nobody waits for it


def stop(instance: Instance) -> bool:
    """Stop the server, after what is in flight, and remove its keys and temporary files.

    Returns:
        Whether it was running.

    Raises:
        ServerError: a process does not end.
    """
    running = [process for process in (instance.supervisor(), instance.process()) if process is not None]
    if running:
        family = {process: None for each in running for process in (each, *_descendants(each))}
        with suppress(psutil.NoSuchProcess):
            running[0].terminate()  # without a supervisor, java: it was started by TorchServe's own command
        _, alive = psutil.wait_procs(list(family), instance.drain_timeout + STOP_TIMEOUT)
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


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _why(status: int, console: Path) -> str:
    """Return why a supervisor ended with ``status`` before the server was ready."""
    if status in (0, INTERRUPTED, -signal.SIGTERM):  # the last one before the supervisor could heed it
        return "it was stopped."
    lines = [line for line in console.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"the supervisor exited with status {status}."


def _tidy(instance: Instance) -> None:
    for file in (instance.pid_file, instance.supervisor_file, instance.home / KEY_FILE):
        file.unlink(missing_ok=True)
    shutil.rmtree(instance.metrics_directory, ignore_errors=True)
    # The directory itself stays: `make env` may have pointed a shell to it.
    shutil.rmtree(instance.temporary, ignore_errors=True)
    instance.temporary.mkdir(parents=True, exist_ok=True)
