"""The metrics of a whole server: those of all its workers, and those that only its supervisor knows."""

import struct
import time
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

import psutil
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from luke_qa.metrics import BUCKETS
from ops.health import Health

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each was made: the workers' have no such series either

RESTART_REASONS = ("exited", "hung", "failed")


class ServerMetrics:
    """``directory`` is where the workers write their metrics (``PROMETHEUS_MULTIPROC_DIR``)."""

    def __init__(self, directory: Path, health: Health) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._workers = _Workers(directory)
        self._version = ""  # of the model in service
        self._seen: Set[int] = frozenset()  # its workers
        self._replaced: Set[int] = frozenset()  # those of versions before it, which end when they have answered
        self.registry = CollectorRegistry()
        self.registry.register(self._workers)
        self.registry.register(_Observed(health))
        self.workers_killed = Counter(
            "luke_qa_workers_killed", "Workers that hung and were killed.", registry=self.registry
        )
        self.worker_restarts = Counter(
            "luke_qa_worker_restarts",
            "Workers that ended while their version was in service, for whatever reason; TorchServe replaces them.",
            registry=self.registry,
        )
        self.server_restarts = Counter(
            "luke_qa_server_restarts",
            "Times that TorchServe was started again, by reason.",
            ["reason"],
            registry=self.registry,
        )
        for reason in RESTART_REASONS:
            self.server_restarts.labels(reason)
        self.canary_seconds = Histogram(
            "luke_qa_canary_seconds",
            "Time of the supervisor's own question, where it was answered.",
            buckets=BUCKETS,
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(self.registry)

    def workers_seen(self, process_ids: Set[int], version: str) -> None:
        """Note which workers the version in service has.

        Those that are gone count as restarts, and have nothing in flight any more. Those of a version that was replaced
        do not count, and have requests in flight until they end.
        """
        if version != self._version:
            self._version, self._replaced, self._seen = version, self._replaced | self._seen, frozenset()
        gone = self._seen - process_ids
        self.worker_restarts.inc(len(gone))
        ended = {process for process in self._replaced if not psutil.pid_exists(process)}
        for process in gone | ended:
            mark_process_dead(process, str(self._directory))  # type: ignore[no-untyped-call]
        self._replaced = self._replaced - ended - process_ids
        self._seen = process_ids

    def restarted(self, reason: str) -> None:
        """Count a start of the whole server, and forget its workers."""
        self.server_restarts.labels(reason).inc()
        self._seen = self._replaced = frozenset()

    def answered(self) -> int:
        """Return how many requests the workers have answered with success."""
        return self._workers.total("luke_qa_requests_total", outcome="ok")

    def in_flight(self) -> int:
        """Return how many requests the workers have now."""
        return self._workers.total("luke_qa_in_flight")


def in_flight_of(directory: Path, process_ids: Iterable[int]) -> int:
    """Return how many requests these workers have now."""
    files = [str(file) for pid in process_ids if (file := directory / f"gauge_livesum_{pid}.db").is_file()]
    found = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return int(sum(each.value for metric in found for each in metric.samples if each.name == "luke_qa_in_flight"))


class _Workers(Collector):
    """What the workers wrote."""

    def __init__(self, directory: Path) -> None:
        self._files = MultiProcessCollector(None, str(directory))  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable[Metric]:
        for _ in range(3):
            try:
                metrics: Iterable[Metric] = self._files.collect()  # type: ignore[no-untyped-call]
                return metrics
            except (OSError, ValueError, struct.error):
                time.sleep(0.01)  # a worker is just making a file, or the files are removed for a new start
        return []

    def total(self, name: str, **labels: str) -> int:
        samples = (sample for metric in self.collect() for sample in metric.samples)
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
