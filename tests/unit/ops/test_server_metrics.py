"""The metrics of a server: what several workers wrote, and what the supervisor saw."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from luke_qa.metrics import BUCKETS, OUTCOMES, STAGES
from ops.health import Health
from ops.layout import HANDLER
from ops.observation import Observation, Worker
from ops.server_metrics import RESTART_REASONS, ServerMetrics, in_flight_of
from ops.supervisor import Ending

WORK = """
import os, sys
from luke_qa import metrics
for code in sys.argv[1:]:
    exec(code)
print(os.getpid())
"""


def begin(directory: Path, *code: str) -> "subprocess.Popen[str]":
    """Begin to be a worker that does this with ``metrics``."""
    directory.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(HANDLER), "PROMETHEUS_MULTIPROC_DIR": str(directory)}
    command = [sys.executable, "-c", WORK, *code]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def work(directory: Path, *code: str) -> int:
    """Be a worker that does this with ``metrics``; return its process id."""
    with begin(directory, *code) as worker:
        printed, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0
    return int(printed)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "metrics"


def samples(metrics: ServerMetrics) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in metrics.text().decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_the_workers_are_summed(directory: Path) -> None:
    metrics = ServerMetrics(directory, Health())
    work(directory, "metrics.request_ended('ok', 0.003, 1)", "metrics.request_ended('too_large', 0.1, 0)")
    work(directory, "metrics.request_ended('ok', 7.0, 1)", "metrics.windows_computed(2, 100)")
    found = samples(metrics)
    assert metrics.answered() == 2
    assert found['luke_qa_requests_total{outcome="ok"}'] == 2
    assert found['luke_qa_requests_total{outcome="too_large"}'] == 1
    assert found['luke_qa_request_seconds_bucket{le="0.005",size="small"}'] == 1
    assert found['luke_qa_request_seconds_bucket{le="+Inf",size="small"}'] == 3
    assert found["luke_qa_tokens_total"] == 100


def test_everything_is_there_from_the_start_at_0(directory: Path) -> None:
    metrics = ServerMetrics(directory, Health())
    work(directory)
    found = samples(metrics)
    assert [found[f'luke_qa_requests_total{{outcome="{outcome}"}}'] for outcome in OUTCOMES] == [0] * len(OUTCOMES)
    assert [found[f'luke_qa_stage_seconds_count{{stage="{stage}"}}'] for stage in STAGES] == [0] * len(STAGES)
    assert [found[f'luke_qa_server_restarts_total{{reason="{reason}"}}'] for reason in RESTART_REASONS] == [0, 0, 0]
    assert found["luke_qa_worker_restarts_total"] == 0
    assert not any(name.endswith("_created") for name in found)


def test_buckets_reach_from_a_millisecond_to_100_seconds(directory: Path) -> None:
    metrics = ServerMetrics(directory, Health())
    work(directory)
    text = metrics.text().decode()
    for name in ("request_seconds", "queue_seconds", "canary_seconds"):
        bounds = re.findall(rf'^luke_qa_{name}_bucket{{le="([^"]+)"(?:,size="small")?}}', text, re.MULTILINE)
        assert list(map(float, bounds)) == [*BUCKETS, float("inf")]
    assert (BUCKETS[0], BUCKETS[-1]) == (0.001, 100)


def test_a_worker_that_is_gone_counts_as_a_restart_and_has_nothing_in_flight(directory: Path) -> None:
    metrics = ServerMetrics(directory, Health())
    dies = "block = metrics.batch_in_flight(3); block.__enter__(); print(os.getpid(), flush=True); os._exit(0)"
    dead = work(directory, dies)
    metrics.workers_seen({dead, 1}, "a")
    assert metrics.in_flight() == 3
    metrics.workers_seen({1}, "a")
    assert metrics.in_flight() == 0
    assert samples(metrics)["luke_qa_worker_restarts_total"] == 1


def test_the_workers_of_the_last_server_do_not_count_as_restarts(directory: Path) -> None:
    metrics = ServerMetrics(directory, Health())
    metrics.workers_seen({1, 2}, "a")
    metrics.restarted("hung")
    metrics.workers_seen({3, 4}, "a")
    found = samples(metrics)
    assert found["luke_qa_worker_restarts_total"] == 0
    assert found['luke_qa_server_restarts_total{reason="hung"}'] == 1


def test_the_workers_of_a_version_that_was_replaced_are_no_restarts(directory: Path) -> None:
    metrics = ServerMetrics(directory, Health())
    script = "busy = metrics.batch_in_flight(2); busy.__enter__(); print(os.getpid(), flush=True); sys.stdin.read(); "
    script += "os._exit(0)"
    with begin(directory, script) as old:
        assert old.stdout
        process = int(old.stdout.readline())
        metrics.workers_seen({process}, "a")
        metrics.workers_seen({1, 2}, "b")
        assert metrics.in_flight() == 2  # it goes on with what it has
        assert in_flight_of(directory, {process}) == 2
        metrics.workers_seen({process}, "a")  # and may be put into service again
        metrics.workers_seen({1, 2}, "b")
        old.communicate(timeout=60)
    metrics.workers_seen({1, 2}, "b")
    assert metrics.in_flight() == 0
    assert samples(metrics)["luke_qa_worker_restarts_total"] == 0
    metrics.workers_seen({1}, "b")
    assert samples(metrics)["luke_qa_worker_restarts_total"] == 1


def test_every_ending_but_the_wanted_one_is_a_reason_for_a_restart() -> None:
    assert {str(ending) for ending in Ending} == {*RESTART_REASONS, "asked"}


def test_the_observation_is_shown(directory: Path) -> None:
    health = Health(1e6, 1e6)
    metrics = ServerMetrics(directory, health)
    assert samples(metrics)["luke_qa_ready"] == 0
    health.observed(Observation((Worker(1, "READY"), Worker(0, "UNLOADED")), wanted=2, waiting=5))
    health.canary_answered()
    names = ("ready", "workers_ready", "workers_wanted", "queue_depth")
    assert [samples(metrics)[f"luke_qa_{name}"] for name in names] == [1, 1, 2, 5]


def test_a_file_that_a_worker_is_just_making_does_not_matter_for_long(directory: Path) -> None:
    metrics = ServerMetrics(directory, Health())
    (directory / "counter_1.db").touch()
    assert metrics.answered() == 0
    assert "luke_qa_ready" in metrics.text().decode()
    (directory / "counter_1.db").unlink()
    shutil.rmtree(directory)
    assert metrics.answered() == 0


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_has_nothing_to_say(directory: Path) -> None:
    metrics = ServerMetrics(directory, Health())
    work(directory, "metrics.engine_started({'backend': 'torch'})")
    done = subprocess.run(["promtool", "check", "metrics"], input=metrics.text(), capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
