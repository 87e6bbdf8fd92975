"""A Prometheus that scrapes what a server and a proxy really publish, without a server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.control import ControlServer
from ops.health import Health
from ops.layout import HANDLER
from ops.observation import Observation, Worker
from ops.server_metrics import ServerMetrics
from tests.deploy.monitoring.running import Prometheus, free_port, process, program, run_prometheus

# A worker that has answered one request.
WORKER = """
from luke_qa import metrics
metrics.engine_started({"backend": "torch", "device": "cpu", "dtype": "float32", "version": "2.13.0"})
metrics.request_started(0.01)
metrics.windows_computed(1, 40)
metrics.request_ended("ok", 0.1, windows=1)
with metrics.batch_in_flight(1), metrics.timed("compute"):
    pass
"""

# The names are those of deploy/haproxy.
HAPROXY = """
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend http
    bind 127.0.0.1:{http}
    default_backend http
backend http
    server a 127.0.0.1:{control} check
backend large
    server a 127.0.0.1:{control} track http/a
frontend exporter
    bind {exporter}
    http-request use-service prometheus-exporter if {{ path /metrics /large }}
"""


@pytest.fixture(scope="session")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which a supervisor publishes its own metrics and those of a worker."""
    directory, health = tmp_path_factory.mktemp("metrics"), Health()
    metrics = ServerMetrics(directory, health)
    worker = {**os.environ, "PYTHONPATH": str(HANDLER), "PROMETHEUS_MULTIPROC_DIR": str(directory)}
    subprocess.run([sys.executable, "-c", WORKER], env=worker, check=True)
    health.observed(Observation((Worker(1, "READY"), Worker(2, "READY")), 2, 0))
    health.canary_answered()
    address = f"127.0.0.1:{free_port()}"
    server = ControlServer(f"http://{address}", health, metrics)
    yield address
    server.close()


@pytest.fixture(scope="session")
def exporter(control: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which HAProxy publishes its metrics."""
    command, directory = program("haproxy"), tmp_path_factory.mktemp("haproxy")
    address = f"127.0.0.1:{free_port()}"
    config = directory / "haproxy.cfg"
    config.write_text(HAPROXY.format(http=free_port(), control=control.rpartition(":")[2], exporter=address), "utf-8")
    with process([command, "-f", str(config)], directory / "haproxy.log"):
        yield address


@pytest.fixture(scope="session")
def prometheus(control: str, exporter: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    directory: Path = tmp_path_factory.mktemp("prometheus")
    targets = {"luke-qa": control, "luke-qa-proxy": exporter, "luke-qa-proxy-large": exporter}
    with run_prometheus(directory, targets) as running:
        yield running
