"""A Prometheus that scrapes a supervisor's metrics and the proxy's, without a server behind them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.proxy import Server
from ops.control import ControlServer
from ops.health import Health
from ops.layout import HANDLER
from ops.observation import Observation, Worker
from ops.ports import find_free_port
from ops.server_metrics import ServerMetrics
from tests.deploy.monitoring.running import Prometheus, run_prometheus
from tests.integration.proxy.running import run_haproxy

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


@pytest.fixture(scope="session")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which a supervisor publishes its own metrics and those of a worker."""
    directory, health = tmp_path_factory.mktemp("metrics"), Health()
    metrics = ServerMetrics(directory, health)
    worker = {**os.environ, "PYTHONPATH": str(HANDLER), "PROMETHEUS_MULTIPROC_DIR": str(directory)}
    subprocess.run([sys.executable, "-c", WORKER], env=worker, check=True)
    health.observed(Observation((Worker(1, "READY"), Worker(2, "READY")), 2, 0))
    health.canary_answered()
    address = f"127.0.0.1:{find_free_port()}"
    server = ControlServer(f"http://{address}", health, metrics)
    yield address
    server.close()


@pytest.fixture(scope="session")
def exporter(control: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which the proxy publishes its metrics; the server behind it takes no requests."""
    server = Server("a", http=find_free_port(), grpc=find_free_port(), control=int(control.rpartition(":")[2]))
    with run_haproxy(tmp_path_factory.mktemp("p"), ready=False, servers=(server,)) as running:
        yield running.proxy.exporter


@pytest.fixture(scope="session")
def prometheus(control: str, exporter: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    directory: Path = tmp_path_factory.mktemp("prometheus")
    targets = {"luke-qa": control, "luke-qa-proxy": exporter, "luke-qa-proxy-large": exporter}
    with run_prometheus(directory, targets) as running:
        yield running
