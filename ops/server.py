"""Start and stop TorchServe, and check its workers."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import requests

from ops.errors import OpsError
from ops.instance import KEY_FILE, Instance, read_properties, write_properties
from ops.layout import CONFIG, MODEL_NAME, RUN, environment

START_TIMEOUT = 300.0  # seconds until every worker must be ready
STOP_TIMEOUT = 30.0  # seconds until every process must have ended
FAILURE_MARK = "luke-qa cannot start: "  # the handler writes its reason after this
CRASH_MARKS = ("Backend worker process died", "Load model failed", "Worker died")


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
    """Start TorchServe on ``archive``, detached, and wait until every worker is ready.

    Raises:
        ServerError: a port is taken, or a worker does not get ready. Nothing is left running.
    """
    if taken := instance.taken_ports():
        ports = ", ".join(map(str, taken))
        raise ServerError(f"port {ports}: another program is listening there.")
    instance.home.mkdir(parents=True, exist_ok=True)
    logs.mkdir(parents=True, exist_ok=True)
    _tidy(instance)
    console, model_log = logs / "console.log", logs / "model_log.log"
    model_log.unlink(missing_ok=True)  # a reason found in it must be from this start
    properties = instance.home / "config.properties"
    write_properties(instance.properties, properties)
    command = [
        *("torchserve", "--start", "--ncs"),
        *("--model-store", str(archive.parent)),
        *("--ts-config", str(properties)),
        *("--models", f"{MODEL_NAME}={archive.name}"),
    ]
    env = {
        **os.environ,
        **environment(instance.home),
        "LC_ALL": "C.UTF-8",  # Java decodes paths by the locale
        "LOG_LOCATION": str(logs),
        "METRICS_LOCATION": str(logs),
    }
    with console.open("wb") as output:
        # In its own session: the server outlives this terminal and does not hold its output open.
        done = subprocess.run(
            [shutil.which(command[0], path=env["PATH"]) or command[0], *command[1:]],
            cwd=instance.home,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=False,
        )
    try:
        if done.returncode:
            raise ServerError(f"TorchServe exited; see {console}.")
        _wait_until_ready(instance, console, model_log, timeout)
    except BaseException:
        stop(instance)
        raise


def stop(instance: Instance) -> bool:
    """Stop the server and its workers, and remove its keys and temporary files.

    Returns:
        Whether it was running.

    Raises:
        ServerError: a process does not end.
    """
    process = instance.process()
    if process is not None:
        keys = Path(process.cwd()) / KEY_FILE
        family = [process, *process.children(recursive=True)]
        process.terminate()
        _, alive = psutil.wait_procs(family, STOP_TIMEOUT)
        for orphan in alive:
            orphan.kill()
        _, alive = psutil.wait_procs(alive, STOP_TIMEOUT)
        if alive:
            raise ServerError(f"process {alive[0].pid} does not end.")
        keys.unlink(missing_ok=True)
    _tidy(instance)
    return process is not None


def workers(instance: Instance) -> list[str]:
    """The status of every worker from TorchServe's management API; empty if it does not reply."""
    try:
        reply = requests.get(
            f"{instance.management_url}/models/{MODEL_NAME}",
            headers=instance.headers("management"),
            timeout=5,
        )
        reply.raise_for_status()
        model = reply.json()[0]
    except (requests.RequestException, ValueError, LookupError):
        return []
    states = [str(worker["status"]) for worker in model["workers"]]
    missing = int(model["minWorkers"]) - len(states)
    return states + ["MISSING"] * missing


def is_ready(instance: Instance) -> bool:
    states = workers(instance)
    return bool(states) and set(states) == {"READY"}


def _wait_until_ready(instance: Instance, console: Path, model_log: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not is_ready(instance):
        reason = _reason(model_log, console)
        if instance.process() is None:
            raise ServerError(reason or f"TorchServe exited; see {console}.")
        if reason:
            raise ServerError(reason)
        if time.monotonic() > deadline:
            raise ServerError(f"no worker was ready after {timeout:g} seconds; see {console.parent}.")
        time.sleep(0.2)


def _reason(model_log: Path, console: Path) -> str | None:
    """Why the worker cannot start, if the logs say so."""
    text = model_log.read_text("utf-8", "replace") if model_log.is_file() else ""
    for line in text.splitlines():
        if FAILURE_MARK in line:
            return line.partition(FAILURE_MARK)[2]
    if any(mark in text for mark in CRASH_MARKS) or "Exception" in console.read_text("utf-8", "replace"):
        return f"the worker crashed; see {model_log} and {console}."
    return None


def _tidy(instance: Instance) -> None:
    instance.pid_file.unlink(missing_ok=True)
    (instance.home / KEY_FILE).unlink(missing_ok=True)
    # The directory itself stays: `make env` may have pointed a shell to it.
    temporary = instance.home / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True, exist_ok=True)
