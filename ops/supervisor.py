"""Keep one server running: start it, watch it, start it again if need be, and stop it without losing an answer."""

import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from luke_qa.heartbeat import seconds_since_heartbeat
from luke_qa.state import ServerState
from ops.control import ControlServer
from ops.health import Health
from ops.instance import KEY_FILE, Instance, write_properties
from ops.java import java_command
from ops.layout import environment
from ops.observation import Observation, ask_canary, observe
from ops.server_log import failure_reason, prepare_logs
from ops.server_metrics import ServerMetrics

logger = logging.getLogger(__name__)


class Ending(StrEnum):
    """Why the watch over a server ended."""

    ASKED = "asked"
    EXITED = "exited"
    HUNG = "hung"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds.

    start: until a worker must be ready. probe: until the management address must reply; two failures in a row mean
    that java hangs. heartbeat: without one for so long, a worker hangs. canary, canary_interval: the limit and the
    pause of the supervisor's own question. drain: for what is in flight at the end. notice: for a proxy to see that the
    server is no longer ready. pause, max_pause: before the server is started again; the pause doubles until the server
    has been ready for ``settled``.
    """

    start: float = 300.0
    probe: float = 4.0
    interval: float = 0.5
    heartbeat: float = 10.0
    canary: float = 10.0
    canary_interval: float = 5.0
    drain: float = 30.0
    notice: float = 2.0
    pause: float = 0.5
    max_pause: float = 30.0
    settled: float = 60.0


class StartError(Exception):
    """The server never became ready. The message says why."""


class Supervisor:
    """One server. ``run`` returns when it was asked to stop, by ``stop`` or a signal that calls it."""

    def __init__(self, instance: Instance, archive: Path, logs: Path, times: Times | None = None) -> None:
        self._instance = instance
        self._archive = archive
        self._logs = logs
        self._times = times or Times()
        self._health = Health()
        self._metrics = ServerMetrics(instance.metrics_directory, self._health)
        self._asked_to_stop = threading.Event()

    def stop(self) -> None:
        """Ask ``run`` to end."""
        self._asked_to_stop.set()

    def run(self) -> None:
        """Serve until asked to stop.

        Raises:
            StartError: the server could not be started at all.
            OSError: the control address is taken.
        """
        control = ControlServer(self._instance.control_url, self._health, self._metrics)
        threading.Thread(target=self._ask_canaries, name="canary", daemon=True).start()
        pause, was_ready = self._times.pause, False
        try:
            while True:
                server = self._start()
                started = time.monotonic()
                try:
                    ending = self._watch(server, was_ready)
                    if ending is Ending.ASKED:
                        self._drain()
                        return
                finally:
                    _end(server)
                was_ready = True
                logger.error("The server %s. It is started again.", "hung" if ending is Ending.HUNG else "exited")
                self._health.restarted()
                self._metrics.server_restarts.labels(str(ending)).inc()
                if time.monotonic() - started > self._times.settled:
                    pause = self._times.pause
                if self._asked_to_stop.wait(pause):
                    return
                pause = min(2 * pause, self._times.max_pause)
        finally:
            control.close()
            self._instance.pid_file.unlink(missing_ok=True)

    def _start(self) -> psutil.Popen:
        instance = self._instance
        for directory in (instance.temporary, instance.metrics_directory):
            shutil.rmtree(directory, ignore_errors=True)
        prepare_logs(self._logs)
        (instance.home / KEY_FILE).unlink(missing_ok=True)
        logs = {"LOG_LOCATION": str(self._logs), "METRICS_LOCATION": str(self._logs), "LC_ALL": "C.UTF-8"}
        env = {**os.environ, **environment(instance.home), **logs}  # makes the directories anew
        env.pop("PYTHONPATH", None)  # a worker runs the code in its archive, never the repository's
        config = instance.home / "config.properties"
        write_properties(instance.properties, config)
        server = psutil.Popen(
            java_command(instance, config, self._archive),
            cwd=instance.home,
            env=env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone
        )
        instance.pid_file.write_text(str(server.pid))
        return server

    def _watch(self, server: psutil.Popen, was_ready: bool) -> Ending:
        """Watch ``server`` until it has to be ended; the first start must succeed.

        Raises:
            StartError: see above.
        """
        times = self._times
        deadline, missed, ready = time.monotonic() + times.start, 0, False
        while not self._asked_to_stop.wait(times.interval):
            if server.poll() is not None:
                if not was_ready and not ready:
                    raise StartError(failure_reason(self._logs) or f"TorchServe exited; see {self._logs}.")
                return Ending.EXITED
            observation = observe(self._instance, times.probe)
            if observation is None:
                missed += 1
                if ready and missed > 1:
                    return Ending.HUNG
            else:
                missed = 0
                self._look(server, observation)
            ready = ready or self._health.obstacle() is None
            if not ready and not was_ready and (reason := failure_reason(self._logs)):
                raise StartError(reason)
            if not ready and time.monotonic() > deadline:
                if was_ready:
                    return Ending.HUNG
                raise StartError(f"no worker was ready after {times.start:g} seconds; see {self._logs}.")
        return Ending.ASKED

    def _look(self, server: psutil.Popen, observation: Observation) -> None:
        self._health.observed(observation)
        self._health.answered(self._metrics.answered())
        heartbeats = ServerState(self._instance.temporary, server.pid).heartbeats
        for worker in observation.workers:
            silence = seconds_since_heartbeat(heartbeats, worker.process_id)
            if silence is not None and silence > self._times.heartbeat and _is_child(worker.process_id, server):
                logger.error("Worker %d hung for %.0f seconds and is killed.", worker.process_id, silence)
                os.kill(worker.process_id, signal.SIGKILL)
                self._metrics.workers_killed.inc()

    def _ask_canaries(self) -> None:
        while not self._asked_to_stop.wait(self._times.interval):
            observation = self._health.observation
            if observation is None or not observation.ready:
                continue
            seconds = ask_canary(self._instance, self._times.canary)
            if seconds is not None:
                self._health.canary_answered()
                self._metrics.canary_seconds.observe(seconds)
                self._asked_to_stop.wait(self._times.canary_interval)

    def _drain(self) -> None:
        """Let the proxy see that the server is no longer ready, then let what is in flight end."""
        self._health.drain()
        deadline = time.monotonic() + self._times.drain
        time.sleep(self._times.notice if self._metrics.in_flight() else 0)
        while time.monotonic() < deadline:
            observation = observe(self._instance, self._times.probe)
            if observation is None or not (observation.waiting or self._metrics.in_flight()):
                return
            time.sleep(0.1)


def _end(server: psutil.Popen) -> None:
    """End java and its workers: politely, then at once."""
    if server.poll() is None:
        server.terminate()
        with suppress(psutil.TimeoutExpired):
            server.wait(5)
    # The group is java's own: it holds the workers, also those that outlived it.
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def _is_child(process_id: int, parent: psutil.Popen) -> bool:
    try:
        return parent.pid in (ancestor.pid for ancestor in psutil.Process(process_id).parents())
    except psutil.Error:
        return False
