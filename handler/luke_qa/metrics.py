"""What a worker counts and times, for Prometheus.

Where ``PROMETHEUS_MULTIPROC_DIR`` is set, the workers of a server write into that directory, and one process reads
all of them. ``docs/metrics.md`` is generated from these definitions.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from luke_qa.errors import RequestError

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
OUTCOMES = ("ok", *(kind.type for kind in RequestError.__subclasses__()))
STAGES = ("prepare", "compute", "decode")

# So many are computed for one question at most, with the default of ``max_windows``.
SMALL_WINDOWS = 8
SIZES = ("small", "large")

_REQUESTS = Counter(
    "luke_qa_requests", "Requests that were answered, by outcome: ok, or the type of the error.", ["outcome"]
)
_REQUEST_SECONDS = Histogram(
    "luke_qa_request_seconds",
    "From arrival at the proxy to the answer; without a proxy, from the worker's start on the request. "
    f"By size: small up to {SMALL_WINDOWS} windows, or not computed; large.",
    ["size"],
    buckets=BUCKETS,
)
_QUEUE_SECONDS = Histogram(
    "luke_qa_queue_seconds", "From arrival at the proxy to the worker's start on the request.", buckets=BUCKETS
)
_STAGE_SECONDS = Histogram(
    "luke_qa_stage_seconds",
    "Time of a batch by stage: prepare (parse, tokenize, cut windows), compute (forward passes), decode (spans, JSON).",
    ["stage"],
    buckets=BUCKETS,
)
_WINDOWS = Counter("luke_qa_windows", "Token windows of the requests that were computed.")
_TOKENS = Counter("luke_qa_tokens", "Tokens in these windows; there is no padding.")
_IN_FLIGHT = Gauge("luke_qa_in_flight", "Requests that the workers are processing.", multiprocess_mode="livesum")
_ENGINE = Gauge(
    "luke_qa_engine_info",
    "Always 1; the labels name the backend, device, precision and version.",
    ["backend", "device", "dtype", "version"],
    multiprocess_mode="livemax",
)

# Present from the start, so that rates are correct from the first event.
for _outcome in OUTCOMES:
    _REQUESTS.labels(_outcome)
for _stage in STAGES:
    _STAGE_SECONDS.labels(_stage)
for _size in SIZES:
    _REQUEST_SECONDS.labels(_size)


def engine_started(described: Mapping[str, str]) -> None:
    """Publish what ``Model.describe`` says."""
    _ENGINE.labels(*(described.get(name, "") for name in ("backend", "device", "dtype", "version"))).set(1)


@contextmanager
def batch_in_flight(size: int) -> Iterator[None]:
    """Count ``size`` requests as being answered while the block runs."""
    _IN_FLIGHT.inc(size)
    try:
        yield
    finally:
        _IN_FLIGHT.dec(size)


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Time one of ``STAGES`` for a batch."""
    started = time.perf_counter()
    yield
    _STAGE_SECONDS.labels(stage).observe(time.perf_counter() - started)


def request_started(seconds_waited: float) -> None:
    """Record how long a request waited between the proxy and the worker."""
    _QUEUE_SECONDS.observe(seconds_waited)


def windows_computed(windows: int, tokens: int) -> None:
    """Count the windows of a request, and the tokens in them."""
    _WINDOWS.inc(windows)
    _TOKENS.inc(tokens)


def request_ended(outcome: str, seconds: float, windows: int) -> None:
    """Count an answer with its outcome, the seconds since its request arrived, and the windows that were computed."""
    _REQUESTS.labels(outcome).inc()
    _REQUEST_SECONDS.labels("small" if windows <= SMALL_WINDOWS else "large").observe(seconds)
