"""The metrics of a whole server: those of all its workers, and those that only its supervisor knows."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from luke_qa.metrics import BUCKETS
from ops.health import Health

RESTART_REASONS = ("exited", "hung")


class ServerMetrics:
    """``directory`` is where the workers write their metrics (``PROMETHEUS_MULTIPROC_DIR``)."""

    def __init__(self, directory: Path, health: Health) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._registry = CollectorRegistry()
        self._workers = CollectorRegistry()
        MultiProcessCollector(self._workers, str(directory))  # type: ignore[no-untyped-call]
        self._registry.register(_Observed(health))
        self.workers_killed = Counter(
            "luke_qa_workers_killed", "Workers that hung and were killed.", registry=self._registry
        )
        self.server_restarts = Counter(
            "luke_qa_server_restarts",
            "Times that TorchServe was started again, by reason.",
            ["reason"],
            registry=self._registry,
        )
        for reason in RESTART_REASONS:
            self.server_restarts.labels(reason)
        self.canary_seconds = Histogram(
            "luke_qa_canary_seconds",
            "Time of the supervisor's own question.",
            buckets=BUCKETS,
            registry=self._registry,
        )

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(self._workers) + generate_latest(self._registry)

    def answered(self) -> int:
        """Return how many requests the workers have answered with success."""
        return self._of_workers("luke_qa_requests_total", outcome="ok")

    def in_flight(self) -> int:
        """Return how many requests the workers have now."""
        return self._of_workers("luke_qa_in_flight")

    def _of_workers(self, name: str, **labels: str) -> int:
        samples = (sample for metric in self._workers.collect() for sample in metric.samples)
        return int(sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items()))


class _Observed(Collector):
    """Gauges of what the supervisor saw last."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        seen = self._health.observation
        for name, about, value in (
            ("luke_qa_ready", "1 if the server is ready, judged by its answers.", self._health.obstacle() is None),
            ("luke_qa_workers_ready", "Workers that take requests.", seen.ready if seen else 0),
            ("luke_qa_workers_wanted", "Workers that there should be.", seen.wanted if seen else 0),
            ("luke_qa_queue_depth", "Requests in TorchServe's queue.", seen.waiting if seen else 0),
        ):
            yield GaugeMetricFamily(name, about, value=float(value))
