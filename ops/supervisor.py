"""Keep one server running: start it, watch it, start it again if need be, and stop it without losing an answer."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from luke_qa.heartbeat import seconds_since_heartbeat
from luke_qa.state import ServerState
from ops.control import ControlServer
from ops.health import Health
from ops.instance import Instance
from ops.java import end_java, start_java
from ops.observation import Observation, ask_canary, observe
from ops.server_log import failure_reason
from ops.server_metrics import ServerMetrics
from ops.times import Times

if TYPE_CHECKING:
    from ops.grpc_health import GrpcHealth

logger = logging.getLogger(__name__)

_IDLE_LOOKS = 3  # a tenth of a second apart, with nothing in flight, until the server may end


class Ending(StrEnum):
    """Why the watch over a server ended."""

    ASKED = "asked"
    EXITED = "exited"
    HUNG = "hung"
    FAILED = "failed"  # to load the archive


class StartError(Exception):
    """The server never became ready. The message says why."""


class Supervisor:
    """One server. ``run`` returns when it was asked to stop, by ``stop`` or a signal that calls it."""

    def __init__(
        self,
        instance: Instance,
        archive: Path,
        logs: Path,
        times: Times | None = None,
        starter: Callable[[Instance, Path, Path], psutil.Popen] = start_java,
    ) -> None:
        self._instance = instance
        self._archive = archive
        self._logs = logs
        self._times = times or Times(drain=instance.drain_timeout)
        self._starter = starter
        self._health = Health(self._times.fresh, self._times.canary_fresh)
        self._metrics = ServerMetrics(instance.metrics_directory, self._health)
        self._asked_to_stop = threading.Event()
        self._has_answered = False  # from then on the server is worth starting again
        self._silent: set[int] = set()  # workers without a sign of life when last looked at
        self._killed: set[int] = set()  # those of them that were killed for it

    def stop(self) -> None:
        """Ask ``run`` to end."""
        self._asked_to_stop.set()

    def run(self) -> None:
        """Serve until asked to stop.

        Raises:
            StartError: the server could not be started at all.
            OSError: one of the supervisor's own addresses is taken.
        """
        control = ControlServer(self._instance.control_url, self._health, self._metrics)
        grpc_health = self._open_grpc_health(control)
        threading.Thread(target=self._ask_canaries, name="canary", daemon=True).start()
        pause = 0.0
        try:
            while not self._asked_to_stop.is_set():
                server = self._starter(self._instance, self._archive, self._logs)
                started = time.monotonic()
                try:
                    ending = self._watch(server)
                    if ending is Ending.ASKED:
                        logger.info("The server was asked to stop.")
                        self._drain(server, control)
                        break
                finally:
                    end_java(server, self._times.termination)
                if not self._has_answered:
                    raise StartError(self._start_failure(ending))
                if time.monotonic() - started > self._times.settled:
                    pause = 0.0
                else:
                    pause = max(self._times.pause, min(2 * pause, self._times.max_pause))
                logger.error("The server %s. It starts again in %g seconds.", ending, pause)
                self._health.restarted()
                self._metrics.restarted(ending)
                self._asked_to_stop.wait(pause)
        finally:
            if grpc_health:
                grpc_health.close()
            control.close()
            self._instance.pid_file.unlink(missing_ok=True)
        logger.info("The server has stopped, as it was asked to.")

    def _open_grpc_health(self, control: ControlServer) -> "GrpcHealth | None":
        address = self._instance.grpc_health_address
        if address is None:
            return None
        from ops.grpc_health import GrpcHealth  # gRPC takes memory and a moment

        return GrpcHealth(address, self._health, control.ready_asked)

    def _watch(self, server: psutil.Popen) -> Ending:
        """Watch ``server`` until it has ended, or somebody asks for its end. One that hangs is killed.

        Raises:
            StartError: it says why it cannot start, and no server before it has ever answered.
        """
        times = self._times
        last_ready, ready, missed, pause = time.monotonic(), False, 0, times.eager
        while not self._asked_to_stop.wait(pause):
            began = time.monotonic()
            if server.poll() is not None:
                return Ending.EXITED
            observation = observe(self._instance, times.probe)
            missed = 0 if observation else missed + 1
            if observation:
                self._look(server, observation)
            obstacle = self._health.obstacle()
            if obstacle is None:
                if not ready:
                    logger.info("The server is ready.")
                last_ready, ready = time.monotonic(), True
            elif not self._has_answered and (reason := self._start_obstacle(observation)):
                raise StartError(reason)
            elif observation and not observation.loaded:
                # TorchServe reads an archive once. The next server reads what may have been mended meanwhile.
                logger.error(self._damage())
                return Ending.FAILED
            wedged = ready and missed >= times.probes
            if wedged or time.monotonic() - last_ready > (times.unready if ready else times.start):
                logger.error("The server is killed: %s.", obstacle or "its management address does not reply")
                end_java(server, seconds=0)
                return Ending.HUNG
            pause = max(0.0, (times.interval if ready else times.eager) - (time.monotonic() - began))
        return Ending.ASKED

    def _start_obstacle(self, observation: Observation | None) -> str | None:
        if observation and not observation.loaded:
            return self._damage()
        return failure_reason(self._logs)

    def _damage(self) -> str:
        return f"{self._archive} is damaged: build it again with `make archive`."

    def _start_failure(self, ending: Ending) -> str:
        what = (
            "TorchServe exited" if ending is Ending.EXITED else f"it was not ready after {self._times.start:g} seconds"
        )
        return failure_reason(self._logs) or f"{what}; see {self._logs}."

    def _look(self, server: psutil.Popen, observation: Observation) -> None:
        """Take note of what the server shows, and kill the workers that hang."""
        processes = {worker.process_id for worker in observation.workers if worker.process_id > 0}
        self._metrics.workers_seen(processes, observation.version)
        self._health.observed(observation)
        self._health.answered(self._metrics.answered())
        heartbeats = ServerState(self._instance.temporary, server.pid).heartbeats
        silent = {process for process in processes if self._is_silent(heartbeats, process)}
        # Twice in a row: after the machine was suspended, a worker that is well may be looked at before it beats.
        # Once: TorchServe lists a killed worker until the kernel has taken its memory back.
        for process in (silent & self._silent) - self._killed:
            if _is_descendant(process, server):
                logger.error("Worker %d hangs and is killed.", process)
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                self._metrics.workers_killed.inc()
                self._killed.add(process)
        self._killed &= silent
        self._silent = silent

    def _is_silent(self, heartbeats: Path, process_id: int) -> bool:
        silence = seconds_since_heartbeat(heartbeats, process_id)
        return silence is not None and silence > self._times.heartbeat

    def _ask_canaries(self) -> None:
        while not self._asked_to_stop.wait(self._times.eager):
            observation = self._health.observation
            if observation is None or not observation.ready:
                continue
            if self._health.since_canary() < self._times.canary_interval:
                continue
            seconds = ask_canary(self._instance, self._times.canary)
            if seconds is None:
                self._asked_to_stop.wait(self._times.interval)
                continue
            self._has_answered = True
            self._health.canary_answered()
            self._metrics.canary_seconds.observe(seconds)

    def _drain(self, server: psutil.Popen, control: ControlServer) -> None:
        """Let who asks ``/ready`` see that the server stops, then let what is in flight end."""
        self._health.drain()
        if not self._has_answered:
            return
        time.sleep(self._times.notice if control.is_watched() else 0)
        deadline = time.monotonic() + self._times.drain
        idle = 0
        while time.monotonic() < deadline:
            observation = observe(self._instance, self._times.probe * self._times.probes)
            if observation is None:
                return
            self._look(server, observation)
            # A reply is on its way through java when its worker has finished. So one look is not enough.
            idle = 0 if observation.waiting or self._metrics.in_flight() else idle + 1
            if idle == _IDLE_LOOKS:
                return
            time.sleep(0.1)
        logger.error("Requests were still in flight after %g seconds.", self._times.drain)


def _is_descendant(process_id: int, ancestor: psutil.Popen) -> bool:
    try:
        return ancestor.pid in (parent.pid for parent in psutil.Process(process_id).parents())
    except psutil.Error:
        return False
