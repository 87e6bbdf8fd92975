"""A batch of bodies in, a batch of responses out, whatever server carries them.

Three steps, each over the whole batch: ``prepare``, ``compute``, ``decode``. None of them raises: an item that
fails keeps its error, and the others go on. Only a lost GPU ends more than one item: it ends the process.
"""

import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from luke_qa import metrics
from luke_qa.backends.base import DeviceLost, Logits
from luke_qa.cost import Limits
from luke_qa.crash_guard import CrashGuard, fingerprint
from luke_qa.engine import Engine
from luke_qa.errors import (
    DeadlineExceeded,
    EngineFault,
    OutOfMemory,
    QueueTimeout,
    RequestError,
    check_deadline,
    report_failure,
)
from luke_qa.incoming import read_fields
from luke_qa.jobs import Computed, Failed, Job, Pairs, Ready, Result, parts_of
from luke_qa.pairs import as_request, check_pairs, in_pair, join_responses
from luke_qa.preparation import never
from luke_qa.request import caller_id, parse_request
from luke_qa.response import Response, answer_response, error_response
from luke_qa.settings import Settings
from luke_qa.tracing import NO_HEADERS, Exchange, Headers, Stage, Tracer

logger = logging.getLogger(__name__)

DEVICE_LOST = 70  # the exit status; EX_SOFTWARE


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """A request as the server passes it on.

    ``row`` contains its body, ``request_id`` is the server's own id for it, and ``arrived`` is the Unix time at which a
    proxy in front received it (None: unknown). ``headers`` are those for tracing. ``is_cancelled`` tells whether the
    caller has left, if the server can tell; it is asked before each forward pass.
    """

    row: Mapping[str, Any]
    request_id: str
    arrived: float | None = None
    headers: Headers = NO_HEADERS
    is_cancelled: Callable[[], bool] = never


def open_engine(path: Path, settings: Settings, device: str, remembered_tokens: int = 0) -> Engine:
    """Load the checkpoint at ``path`` on ``device``, according to ``settings``.

    It remembers the tokens of the texts that it read last, up to ``remembered_tokens``.

    Raises:
        CheckpointError: it cannot be served with these settings.
    """
    return Engine.from_checkpoint(
        path,
        device,
        settings.dtype,
        token_budget=None if settings.token_budget == "auto" else settings.token_budget,
        backend=settings.backend,
        decoding=settings.decoding,
        limits=Limits(settings.max_window_tokens, settings.time_limit),
        answer_boundaries=settings.answer_boundaries,
        remembered_tokens=remembered_tokens,
    )


class Service:
    """An engine and its wire settings.

    With ``guard``, requests that keep killing workers are rejected. With ``tracer``, requests leave spans.
    """

    def __init__(
        self, engine: Engine, settings: Settings, guard: CrashGuard | None = None, tracer: Tracer | None = None
    ) -> None:
        self.engine = engine
        self.settings = settings
        self._guard = guard
        self._tracer = tracer

    def answer(self, batch: Sequence[Received]) -> list[Response]:
        """Answer each request: all three steps, measured."""
        stages = list[Stage]()
        with metrics.batch_in_flight(len(batch)):
            with _timed("prepare", stages):
                jobs = self.prepare(batch)
            with self._watching(jobs):
                with _timed("compute", stages):
                    results = self.compute(jobs)
                with _timed("decode", stages):
                    responses = self.decode(results)
        self._record(batch, results, responses, stages)
        return responses

    def prepare(self, batch: Sequence[Received]) -> list[Ready]:
        """Parse, validate and tokenize each request."""
        deadline = time.monotonic() + self.settings.time_limit
        return [self._prepare(received, deadline) for received in batch]

    def compute(self, jobs: Sequence[Ready]) -> list[Result]:
        """Compute the logits of every job, in as few forward passes as possible.

        If the GPU is lost, this ends the process. Its server answers the batch as that of any dead worker and starts
        a new one, and the guard counts a death: a request that costs one GPU context after another is rejected.
        """
        valid = [job for ready in jobs for job in parts_of(ready) if isinstance(job, Job)]
        try:
            logits = iter(self.engine.compute([job.prepared for job in valid]))
        except DeviceLost:
            logger.critical("This worker ends, since only a new one can use the GPU again.", exc_info=True)
            os._exit(DEVICE_LOST)  # without cleaning up: the guard's record must stay

        def outcome(job: Job | Failed) -> Computed | Failed:
            return _outcome(job, next(logits)) if isinstance(job, Job) else job

        return [
            Pairs(ready.request_id, tuple(outcome(part) for part in ready.parts))
            if isinstance(ready, Pairs)
            else outcome(ready)
            for ready in jobs
        ]

    def decode(self, results: Sequence[Result]) -> list[Response]:
        """Decode the answers of each request and write its response."""
        return [self._decode(result) for result in results]

    def _prepare(self, received: Received, deadline: float) -> Ready:
        request_id = received.request_id
        try:
            check_deadline(deadline)
            fields = read_fields(received.row, self.settings.max_inflated_bytes)
            request_id = caller_id(fields) or request_id
            self._check_wait(received.arrived)
            if "pairs" in fields:
                return self._prepare_pairs(fields, request_id, deadline, received.is_cancelled)
            return self._job(fields, request_id, deadline, received.is_cancelled)
        except Exception as error:
            return Failed(request_id, report_failure(error, request_id))

    def _prepare_pairs(
        self, fields: Mapping[str, Any], request_id: str, deadline: float, is_cancelled: Callable[[], bool]
    ) -> Pairs[Job | Failed]:
        pairs = check_pairs(fields, self.settings.max_pairs, self.settings.max_context_chars)
        parts = list[Job | Failed]()
        for number, pair in enumerate(pairs):
            try:
                parts.append(self._job(as_request(fields, pair), request_id, deadline, is_cancelled))
            except Exception as error:
                parts.append(Failed(request_id, in_pair(report_failure(error, request_id), number)))
        self.engine.check_cost([part.prepared for part in parts if isinstance(part, Job)])
        return Pairs(request_id, tuple(parts))

    def _job(
        self, fields: Mapping[str, Any], request_id: str, deadline: float, is_cancelled: Callable[[], bool]
    ) -> Job:
        request = parse_request(fields, self.settings, self.engine.max_tokens)
        deadline = min(deadline, _callers_deadline(request.deadline_ms))
        digest = fingerprint(request.query)
        if self._guard:
            self._guard.check(digest)
        with request.names.translated():
            prepared = self.engine.prepare(request.query, deadline, is_cancelled)
        return Job(request_id, digest, request, prepared)

    def _watching(self, jobs: Sequence[Ready]) -> AbstractContextManager[None]:
        digests = [part.digest for ready in jobs for part in parts_of(ready) if isinstance(part, Job)]
        return self._guard.watching(digests) if self._guard else nullcontext()

    def _record(
        self,
        batch: Sequence[Received],
        results: Sequence[Result],
        responses: Sequence[Response],
        stages: Sequence[Stage],
    ) -> None:
        started, ended = stages[0].started, stages[-1].ended
        for received, result, response in zip(batch, results, responses, strict=True):
            # The proxy's clock may be ahead of this one.
            arrived = started if received.arrived is None else min(received.arrived, started)
            if received.arrived is not None:
                metrics.request_started(started - arrived)
            computed = [part for part in parts_of(result) if isinstance(part, Computed)]
            windows = sum(len(part.logits) for part in computed)
            if computed:
                metrics.windows_computed(windows, sum(part.job.prepared.tokens for part in computed))
            metrics.request_ended(response.outcome, ended - arrived, windows)
            if self._tracer:
                of_request = stages if received.arrived is None else [Stage("queue", arrived, started), *stages]
                self._tracer.write(
                    Exchange(result.request_id, received.headers, response.code, response.outcome, windows, of_request)
                )

    def _check_wait(self, arrived: float | None) -> None:
        if arrived is not None and time.time() - arrived > self.settings.max_wait:
            raise QueueTimeout(
                f"The request waited more than {self.settings.max_wait:g} seconds for a worker, so it was not computed."
            )

    def _decode(self, result: Result) -> Response:
        if isinstance(result, Failed):
            return error_response(result.error, result.request_id)
        try:
            if isinstance(result, Pairs):
                parts = [self._decode(part) for part in result.parts]
                return join_responses(parts, self.settings.max_response_bytes)
            job = result.job
            answers = self.engine.decode(job.prepared, result.logits)
            return answer_response(job.request, answers, job.request_id, self.settings.max_response_bytes)
        except Exception as error:
            return error_response(report_failure(error, result.request_id), result.request_id)


@contextmanager
def _timed(name: str, stages: list[Stage]) -> Iterator[None]:
    """Time a stage for the metrics, and add it to ``stages``."""
    started = time.time()
    with metrics.timed(name):
        yield
    stages.append(Stage(name, started, time.time()))


def _outcome(job: Job, result: Sequence[Logits] | RequestError) -> Computed | Failed:
    if isinstance(result, RequestError):
        if isinstance(result, EngineFault | OutOfMemory):
            logger.error("Request %a failed with its forward pass: see above.", job.request_id)
        return Failed(job.request_id, result)
    return Computed(job, result)


def _callers_deadline(deadline_ms: int | None) -> float:
    """Return the caller's deadline in seconds of the monotonic clock.

    Raises:
        DeadlineExceeded: it has passed.
    """
    if deadline_ms is None:
        return math.inf
    seconds_left = deadline_ms / 1000 - time.time()
    if seconds_left < 0:
        raise DeadlineExceeded("The deadline had passed before the computation began.", "deadline_ms")
    return time.monotonic() + seconds_left
