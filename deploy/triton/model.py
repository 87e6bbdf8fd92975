"""Triton's Python backend for Japanese LUKE question answering: glue between Triton and ``luke_qa.service``.

A request holds one question or several, in rows. Each row has its own body and status in the response, so no row makes
its request fail, and no request makes ``execute`` raise, which would fail the whole batch.
"""

import json
import logging
import os
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import triton_python_backend_utils as pb_utils
import yaml

from luke_qa.cgroups import available_cores
from luke_qa.checkpoint import CheckpointError
from luke_qa.crash_guard import CrashGuard
from luke_qa.errors import Cancelled
from luke_qa.incoming import parse_arrival
from luke_qa.metrics import OUTCOMES
from luke_qa.response import Response
from luke_qa.service import Received, Service, open_engine
from luke_qa.settings import SettingsError, check_against, read_settings
from luke_qa.state import ServerState
from luke_qa.tensors import read_rows
from luke_qa.tracing import Headers, open_tracer
from luke_qa.workers import worker_threads

logger = logging.getLogger("luke_qa")


class TritonPythonModel:
    """One instance of the model: a service and its device. Triton warms it up as config.pbtxt says."""

    _service: Service
    _family: Any
    _outcomes: Mapping[str, Any]

    def initialize(self, args: Mapping[str, str]) -> None:
        """Load the checkpoint from the version's directory."""
        logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
        logger.setLevel(logging.INFO)
        directory = Path(args["model_repository"], args["model_version"])
        config = yaml.safe_load((directory / "model-config.yaml").read_text("utf-8"))
        try:
            settings = read_settings(config.get("handler"))
            torch.set_num_threads(worker_threads(settings, config, available_cores(), torch.cuda.device_count()))
            engine = open_engine(directory, settings, _device(settings.device, args))
            check_against(settings, engine.max_tokens, response_timeout=None)
        except (SettingsError, CheckpointError) as error:
            raise pb_utils.TritonModelException(f"luke-qa cannot start: {error}") from error
        state = ServerState(Path(tempfile.gettempdir()), os.getppid())  # the parent is Triton
        self._service = Service(engine, settings, CrashGuard(state.notes), open_tracer())
        self._family = pb_utils.MetricFamily(  # Triton serves it with its own metrics; it must outlive its counters
            name="luke_qa_requests_total",
            description="Requests that were answered, by outcome: ok, or the type of the error.",
            kind=pb_utils.MetricFamily.COUNTER,
        )
        labels = {"model": args["model_name"], "version": args["model_version"]}
        self._outcomes = {outcome: self._family.Metric(labels={**labels, "outcome": outcome}) for outcome in OUTCOMES}
        logger.info("luke-qa is ready: %s", json.dumps({**engine.model.describe(), "because": engine.reason}))

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Triton's entry point: return one response for each request."""
        batches = [_received(request) for request in requests]
        answered = self._service.answer([received for batch in batches for received in batch])
        for outcome, number in Counter(response.outcome for response in answered).items():
            self._outcomes[outcome].increment(number)
        left = iter(answered)
        return [_response([next(left) for _ in batch]) for batch in batches]


def _received(request: Any) -> list[Received]:
    """Return the rows of a request."""
    tensors = {tensor.name(): tensor.as_numpy() for tensor in request.inputs()}
    headers = {name.lower(): value for name, value in json.loads(request.parameters() or "{}").items()}
    request_id = request.request_id() or uuid.uuid4().hex
    trace = Headers(*(_text(headers.get(name)) for name in ("x-request-id", "traceparent", "tracestate")))
    arrived = parse_arrival(_text(headers.get("x-request-start")), time.time())
    # Triton has checked that the inputs have equally many rows.
    return [Received(row, request_id, arrived, trace, request.is_cancelled) for row in read_rows(tensors)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _response(rows: Sequence[Response]) -> Any:
    """Return the response to a request. Cancelled, it goes nowhere."""
    if rows and all(row.outcome == Cancelled.type for row in rows):
        return pb_utils.InferenceResponse(
            error=pb_utils.TritonError("The caller left.", pb_utils.TritonError.CANCELLED)
        )
    bodies = np.array([[row.body] for row in rows], dtype=object)
    statuses = np.array([[row.code] for row in rows], dtype=np.int32)
    return pb_utils.InferenceResponse([pb_utils.Tensor("response", bodies), pb_utils.Tensor("status", statuses)])


def _device(setting: str, args: Mapping[str, str]) -> str:
    """Return the device setting, with ``auto`` and ``cuda`` as the device of this instance's group."""
    if args["model_instance_kind"] == "CPU":
        return "cpu" if setting == "auto" else setting
    return f"cuda:{args['model_instance_device_id']}" if setting in ("auto", "cuda") else setting
