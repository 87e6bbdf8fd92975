"""What a worker counts and times. Each test looks at what it adds: the metrics are the process's."""

import time
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from luke_qa import metrics
from luke_qa.errors import RequestError
from luke_qa.service import Received, Service
from tests.support.wire import NATIVE, body


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"luke_qa_{name}", labels) or 0.0


def gained(name: str, do: Callable[[], object], **labels: str) -> float:
    before = value(name, **labels)
    do()
    return value(name, **labels) - before


def test_there_is_an_outcome_for_every_error() -> None:
    assert set(metrics.OUTCOMES) == {"ok", *(kind.type for kind in RequestError.__subclasses__())}
    for outcome in metrics.OUTCOMES:
        assert REGISTRY.get_sample_value("luke_qa_requests_total", {"outcome": outcome}) is not None


def test_a_request_counts_by_its_outcome(service: Service) -> None:
    def answer() -> None:
        service.answer([Received(body(NATIVE), "1"), Received(body({}), "2")])

    assert gained("requests_total", answer, outcome="ok") == 1
    assert gained("requests_total", answer, outcome="missing_field") == 1
    assert gained("request_seconds_count", answer, size="small") == 2
    assert gained("windows_total", answer) == 1
    assert gained("tokens_total", answer) > 5


@pytest.mark.parametrize("stage", metrics.STAGES)
def test_every_stage_of_a_batch_is_timed(service: Service, stage: str) -> None:
    def answer() -> None:
        service.answer([Received(body(NATIVE), "1"), Received(body(NATIVE), "2")])

    assert gained("stage_seconds_count", answer, stage=stage) == 1
    assert gained("stage_seconds_sum", answer, stage=stage) > 0


def test_the_time_in_front_of_the_worker_counts_where_it_is_known(service: Service) -> None:
    early = time.time() - 5

    def answer() -> None:
        service.answer([Received(body(NATIVE), "1", arrived=early), Received(body(NATIVE), "2")])

    assert gained("queue_seconds_count", answer) == 1
    assert gained("queue_seconds_sum", answer) >= 5
    assert gained("request_seconds_sum", answer, size="small") >= 5


def test_a_clock_that_is_ahead_is_not_taken_seriously(service: Service) -> None:
    ahead = time.time() + 3600
    assert gained("queue_seconds_sum", lambda: service.answer([Received(body(NATIVE), "1", arrived=ahead)])) == 0


def test_requests_are_in_flight_until_their_batch_ends() -> None:
    before = value("in_flight")
    with metrics.batch_in_flight(3):
        assert value("in_flight") == before + 3
    assert value("in_flight") == before


def test_what_computes_is_a_label() -> None:
    metrics.engine_started({"backend": "torch", "device": "cpu", "dtype": "float32", "version": "2", "more": "x"})
    assert value("engine_info", backend="torch", device="cpu", dtype="float32", version="2") == 1


@pytest.mark.parametrize(
    ("windows", "size"),
    [(0, "small"), (1, "small"), (metrics.SMALL_WINDOWS, "small"), (metrics.SMALL_WINDOWS + 1, "large")],
)
def test_small_and_large_requests_are_timed_apart(windows: int, size: str) -> None:
    def end() -> None:
        metrics.request_ended("ok", 0.1, windows)

    other = next(each for each in metrics.SIZES if each != size)
    assert gained("request_seconds_count", end, size=size) == 1
    assert gained("request_seconds_count", end, size=other) == 0
