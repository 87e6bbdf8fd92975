"""The watch over a server: what it notices, what it does about it, and how it ends. A script stands in for java."""

import logging
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import grpc
import psutil
import pytest
import requests
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luke_qa.state import ServerState
from ops.instance import SERVER, Instance, free_ports, write_properties
from ops.ports import find_free_port
from ops.server import make_instance
from ops.server_metrics import ServerMetrics
from ops.supervisor import StartError, Supervisor
from ops.times import Times
from tests.support import waiting

FAKE_SERVER = Path(waiting.__file__).with_name("fake_server.py")

# Quick, but for the limits that a busy machine could exceed by itself.
TIMES = Times(interval=0.02, eager=0.02, probe=5.0, canary_interval=0.02, notice=0.0, pause=0.0, heartbeat=60.0)


wait_for = partial(waiting.wait_for, seconds=60)


@dataclass
class Watched:
    """A supervisor at work, and the servers that it started."""

    instance: Instance
    times: Times
    behaviour: str = ""
    servers: list[psutil.Popen] = field(default_factory=list)
    failure: Exception | None = None

    def start(self) -> None:
        self.instance.home.mkdir(exist_ok=True)
        self.supervisor = Supervisor(self.instance, Path("a.mar"), self.instance.home / "logs", self.times, self._serve)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self.supervisor.stop()
        self.join()

    def join(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()

    def switch(self, name: str, on: bool) -> None:
        """Change what the fake does: see its module."""
        file = self.instance.home / name
        if on:
            self.instance.home.mkdir(exist_ok=True)
            file.touch()
        else:
            file.unlink()

    def worker(self) -> int:
        """The process id of the fake's worker."""
        (child,) = self.server.children()
        return child.pid

    def silence(self, process_id: int) -> None:
        """Make a worker's last sign of life a minute old."""
        heartbeats = ServerState(self.instance.temporary, self.server.pid).heartbeats
        heartbeats.mkdir(parents=True, exist_ok=True)
        (heartbeats / str(process_id)).write_bytes(struct.pack("d", time.monotonic() - 61))

    @property
    def server(self) -> psutil.Popen:
        return self.servers[-1]

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.instance.control_url}{path}", timeout=30)

    def obstacle(self) -> str:
        """What ``/ready`` says; empty while nothing listens."""
        try:
            return self.get("/ready").text.strip()
        except requests.ConnectionError:
            return ""

    def is_ready(self) -> bool:
        return self.obstacle() == "ready"

    def metric(self, name: str) -> float:
        lines = self.get("/metrics").text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def _run(self) -> None:
        try:
            self.supervisor.run()
        except (StartError, OSError) as error:
            self.failure = error

    def _serve(self, instance: Instance, archive: Path, logs: Path) -> psutil.Popen:
        config = instance.home / "config.properties"
        write_properties(instance.properties, config)
        instance.temporary.mkdir(exist_ok=True)
        self.servers.append(
            psutil.Popen(
                [sys.executable, "-S", str(FAKE_SERVER), str(config), self.behaviour, *SERVER],
                start_new_session=True,
            )
        )
        return self.server


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(make_instance(tmp_path / "home", free_ports()), TIMES)
    yield watched
    if hasattr(watched, "supervisor"):
        watched.stop()
    for server in watched.servers:
        assert server.poll() is not None


def test_it_is_ready_once_a_question_was_answered_and_ends_when_asked(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    watched.switch("no-answers", on=True)
    watched.start()
    wait_for(lambda: watched.obstacle() == "not ready: it has not answered a question yet")
    watched.switch("no-answers", on=False)
    wait_for(watched.is_ready)
    assert watched.metric("luke_qa_workers_ready") == 1
    watched.stop()
    assert watched.failure is None
    assert len(watched.servers) == 1
    assert caplog.messages[-1] == "The server has stopped, as it was asked to."


def test_readiness_is_told_over_grpc_too(watched: Watched) -> None:
    port = find_free_port()
    properties = {**watched.instance.properties, "grpc_health_port": str(port)}
    watched.instance = replace(watched.instance, properties=properties)
    watched.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        request, serving = health_pb2.HealthCheckRequest(), health_pb2.HealthCheckResponse.SERVING
        wait_for(lambda: check(request, timeout=60, wait_for_ready=True).status == serving)
        watched.stop()
        with pytest.raises(grpc.RpcError):
            check(request, timeout=60)


def test_a_server_that_dies_is_started_again(watched: Watched) -> None:
    watched.start()
    wait_for(watched.is_ready)
    watched.server.kill()
    wait_for(lambda: len(watched.servers) == 2 and watched.is_ready())
    assert watched.metric('luke_qa_server_restarts_total{reason="exited"}') == 1


def test_a_server_that_has_run_for_long_is_started_again_at_once(watched: Watched) -> None:
    watched.times = replace(TIMES, pause=600.0, settled=0.0)
    watched.start()
    wait_for(watched.is_ready)
    watched.server.kill()
    wait_for(lambda: len(watched.servers) == 2 and watched.is_ready())


def test_a_server_that_dies_young_is_not(watched: Watched) -> None:
    watched.times = replace(TIMES, pause=600.0, settled=600.0)
    watched.start()
    wait_for(watched.is_ready)
    watched.server.kill()
    watched.server.wait(60)
    wait_for(lambda: watched.metric('luke_qa_server_restarts_total{reason="exited"}') == 1)
    assert len(watched.servers) == 1


def test_a_server_that_hangs_is_killed_and_started_again(watched: Watched) -> None:
    watched.times = replace(TIMES, probe=0.5)
    watched.start()
    wait_for(watched.is_ready)
    watched.server.send_signal(signal.SIGSTOP)
    wait_for(lambda: len(watched.servers) >= 2 and watched.is_ready())
    assert watched.servers[0].returncode == -signal.SIGKILL
    assert watched.metric('luke_qa_server_restarts_total{reason="hung"}') >= 1


def test_a_server_that_no_longer_answers_questions_is_started_again(watched: Watched) -> None:
    watched.times = replace(TIMES, canary_fresh=0.5, unready=0.2)
    watched.start()
    wait_for(watched.is_ready)
    watched.switch("no-answers", on=True)
    wait_for(lambda: len(watched.servers) >= 2)
    watched.switch("no-answers", on=False)
    wait_for(watched.is_ready)
    assert watched.metric('luke_qa_server_restarts_total{reason="hung"}') >= 1


def test_a_worker_without_a_sign_of_life_is_killed(watched: Watched) -> None:
    watched.start()
    wait_for(watched.is_ready)
    worker = watched.worker()
    watched.silence(worker)
    wait_for(lambda: watched.metric("luke_qa_worker_restarts_total") == 1)
    assert watched.metric("luke_qa_workers_killed_total") == 1
    assert watched.worker() != worker
    assert len(watched.servers) == 1


def test_a_worker_that_died_has_nothing_in_flight_any_more(watched: Watched) -> None:
    watched.start()
    wait_for(watched.is_ready)
    worker = watched.worker()
    gauge = watched.instance.metrics_directory / f"gauge_livesum_{worker}.db"
    gauge.touch()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: watched.metric("luke_qa_worker_restarts_total") == 1)
    assert not gauge.exists()
    assert watched.metric("luke_qa_workers_killed_total") == 0


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [("exits", "TorchServe exited; see "), ("never listens", r"it was not ready after 0\.3 seconds; see ")],
)
def test_a_first_start_that_fails_is_given_up(watched: Watched, behaviour: str, reason: str) -> None:
    watched.behaviour = behaviour
    watched.times = replace(TIMES, start=0.3 if behaviour == "never listens" else 60.0)
    watched.start()
    watched.join()
    assert len(watched.servers) == 1
    with pytest.raises(StartError, match=reason):
        raise watched.failure or AssertionError


def test_an_archive_that_cannot_be_read_is_named(watched: Watched) -> None:
    watched.switch("missing", on=True)
    watched.start()
    watched.join()
    assert str(watched.failure) == "a.mar is damaged: build it again with `make archive`."


def test_after_an_archive_that_could_not_be_read_another_server_looks_at_it_again(watched: Watched) -> None:
    watched.start()
    wait_for(watched.is_ready)
    watched.switch("missing", on=True)
    with suppress(psutil.NoSuchProcess):  # it may have been replaced for that already
        watched.server.kill()
    wait_for(lambda: len(watched.servers) >= 3)
    assert watched.metric('luke_qa_server_restarts_total{reason="failed"}') >= 1
    watched.switch("missing", on=False)
    wait_for(watched.is_ready)


def test_a_server_that_ignores_sigterm_is_killed_in_the_end(watched: Watched) -> None:
    watched.behaviour = "ignores SIGTERM"
    watched.times = replace(TIMES, termination=0.2)
    watched.start()
    wait_for(watched.is_ready)
    watched.stop()
    assert watched.server.returncode == -signal.SIGKILL


def test_the_server_ends_after_the_requests_in_flight(watched: Watched) -> None:
    watched.start()
    wait_for(watched.is_ready)
    watched.switch("pending", on=True)
    watched.supervisor.stop()
    wait_for(lambda: watched.obstacle() == "not ready: it is stopping")
    assert watched.server.poll() is None
    watched.switch("pending", on=False)
    watched.join()
    assert watched.failure is None


def test_a_moment_with_nothing_in_flight_is_not_the_end_yet(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reply to the last request may still be on its way through java."""
    watched.start()
    wait_for(watched.is_ready)
    counts = iter([1, 0, 0, 1, 0, 0, 0])
    monkeypatch.setattr(ServerMetrics, "in_flight", lambda metrics: next(counts))
    watched.stop()
    assert watched.failure is None
    assert list(counts) == []


def test_requests_that_do_not_end_hold_up_the_end_for_a_time_only(watched: Watched) -> None:
    watched.times = replace(TIMES, drain=0.2)
    watched.start()
    wait_for(watched.is_ready)
    watched.switch("pending", on=True)
    watched.stop()
    assert watched.failure is None


def test_who_asks_for_readiness_has_time_to_notice(watched: Watched) -> None:
    watched.times = replace(TIMES, notice=0.5)
    watched.start()
    wait_for(watched.is_ready)
    asked = time.monotonic()
    watched.stop()
    assert time.monotonic() - asked >= 0.5


def test_a_taken_control_address_fails_before_anything_starts(watched: Watched, tmp_path: Path) -> None:
    watched.start()
    wait_for(watched.is_ready)
    rival = Watched(Instance(tmp_path / "rival", watched.instance.properties), TIMES)
    rival.start()
    rival.join()
    assert isinstance(rival.failure, OSError)
    assert rival.servers == []
