"""``python -m ops serve`` as a service manager runs it: in the foreground, with signals and an exit status."""

import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from luke_qa.heartbeat import INTERVAL, seconds_since_heartbeat
from luke_qa.state import ServerState
from luke_qa_client import LukeQAClient
from ops.instance import Instance, free_ports, write_properties
from ops.layout import ROOT
from ops.observation import observe
from ops.server import is_ready, make_instance
from tests.support import waiting
from tests.support.scenarios import CONTEXT, QUESTION

PATIENCE = 120.0  # seconds; the machine may be busy


wait_for = partial(waiting.wait_for, seconds=PATIENCE)


def wait_for_life(instance: Instance, workers: Collection[int]) -> None:
    """Wait until workers that were stopped give signs of life, so that the supervisor does not take them for hung."""
    server = instance.process()
    assert server is not None
    heartbeats = ServerState(instance.temporary, server.pid).heartbeats
    wait_for(lambda: all((seconds_since_heartbeat(heartbeats, pid) or 0.0) < 3 * INTERVAL for pid in workers))


@contextmanager
def unwatched(instance: Instance) -> Iterator[None]:
    """Meanwhile the supervisor does nothing, and no question of its own is on its way."""
    supervisor = instance.supervisor()
    assert supervisor is not None
    threads = Path(f"/proc/{supervisor.pid}/task")
    port = urlsplit(instance.inference_url).port

    def has_stopped() -> bool:
        try:
            return all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in threads.glob("*/stat"))
        except FileNotFoundError:  # of a thread that has just ended
            return False

    def stops_between_questions() -> bool:
        supervisor.suspend()
        wait_for(has_stopped)
        if any(each.raddr and each.raddr.port == port for each in supervisor.net_connections("tcp")):
            supervisor.resume()
            return False
        return True

    try:
        wait_for(stops_between_questions)
        yield
    finally:
        supervisor.resume()


@dataclass(frozen=True)
class Served:
    """A running supervisor and its server."""

    instance: Instance
    process: psutil.Popen
    stderr: Path

    def is_ready(self) -> bool:
        return is_ready(self.instance)

    def wait_until_ready(self) -> None:
        wait_for(lambda: self.process.poll() is not None or self.is_ready())
        assert self.process.poll() is None, self.stderr.read_text("utf-8")

    def java(self) -> int:
        java = self.instance.process()
        assert java is not None
        return java.pid

    def workers(self) -> set[int]:
        """The process ids of the workers that take requests."""
        seen = observe(self.instance, timeout=PATIENCE)
        return {worker.process_id for worker in seen.workers if worker.status == "READY"} if seen else set()

    def state(self) -> ServerState:
        return ServerState(self.instance.temporary, self.java())

    def answers_right(self) -> bool:
        with LukeQAClient(self.instance.inference_url, timeout=PATIENCE) as client:
            return client.ask(QUESTION, CONTEXT).answer == "苺"

    def metrics(self) -> str:
        return requests.get(f"{self.instance.control_url}/metrics", timeout=PATIENCE).text

    def metric(self, name: str) -> float:
        return next(float(line.rpartition(" ")[2]) for line in self.metrics().splitlines() if line.startswith(name))

    def end(self) -> int:
        """Send SIGTERM; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status: int = self.process.wait(PATIENCE)
        return status

    def last_line(self) -> str:
        return self.stderr.read_text("utf-8").splitlines()[-1]


def serve(home: Path, archive: Path, properties: Mapping[str, str] | None = None) -> Served:
    """Start ``python -m ops serve`` on free ports; do not wait for it."""
    home.mkdir(parents=True, exist_ok=True)
    instance = make_instance(home, {**free_ports(), "drain_timeout": str(int(PATIENCE)), **(properties or {})})
    config = home / "given.properties"
    write_properties(instance.properties, config)
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "handler", "client/src"))
    command = [sys.executable, "-m", "ops", "serve", "--home", str(home), "--archive", str(archive)]
    stderr = home / "stderr"
    with stderr.open("wb") as errors, (home / "stdout").open("wb") as output:
        process = psutil.Popen(
            [*command, "--config", str(config)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
    return Served(instance, process, stderr)
