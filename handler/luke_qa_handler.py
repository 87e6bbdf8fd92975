"""TorchServe's handler for Japanese LUKE question answering: glue between TorchServe and ``luke_qa.service``.

No request makes it raise, since an exception in a handler fails the whole batch.
"""

import json
import logging
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import torch

from luke_qa import metrics
from luke_qa.cgroups import available_cores
from luke_qa.checkpoint import CheckpointError
from luke_qa.crash_guard import CrashGuard
from luke_qa.heartbeat import start_heartbeat
from luke_qa.incoming import parse_arrival
from luke_qa.response import CONTENT_TYPE, Response
from luke_qa.service import Received, Service, open_engine
from luke_qa.settings import Settings, SettingsError, check_against, read_settings
from luke_qa.state import ServerState
from luke_qa.tracing import Headers, open_tracer
from luke_qa.workers import worker_threads

logger = logging.getLogger(__name__)


class LukeQAHandler:
    """One worker: a service and its device.

    It does not derive from TorchServe's BaseHandler. That module imports torch's compilers if OpenVINO is installed
    (two seconds and 125 MB per worker), allows TF32 on newer GPUs, and lets one client's ``explain`` or ``describe``
    header apply to the whole batch.
    """

    context: Any
    service: Service

    def initialize(self, context: Any) -> None:
        """Load the checkpoint from the unpacked archive and warm it up."""
        _quieten()
        config = context.model_yaml_config or {}
        try:
            settings = read_settings(config.get("handler"))
            cores, gpus = available_cores(), torch.cuda.device_count()
            torch.set_num_threads(worker_threads(settings, config, cores, gpus))
            device = _device(settings, context.system_properties.get("gpu_id"))
            engine = open_engine(Path(context.system_properties["model_dir"]), settings, device)
            check_against(settings, engine.max_tokens, config.get("responseTimeout"))
        except (SettingsError, CheckpointError) as error:
            # `make start` shows this line; the traceback after it is TorchServe's.
            logger.error("luke-qa cannot start: %s", error)
            raise
        engine.warm_up()
        state = ServerState(Path(tempfile.gettempdir()), os.getppid())  # the parent is TorchServe
        self.service = Service(engine, settings, CrashGuard(state.notes), open_tracer())
        metrics.engine_started(engine.model.describe())
        start_heartbeat(state.heartbeats)
        logger.info("luke-qa is ready: %s", json.dumps(self.describe_handle()))

    def handle(self, data: Sequence[Mapping[str, Any]], context: Any) -> list[bytes]:
        """TorchServe's entry point: return one body for each row of ``data``."""
        self.context = context
        received = [self._received(i, row) for i, row in enumerate(data)]
        return [self._body(i, response) for i, response in enumerate(self.service.answer(received))]

    def describe_handle(self) -> dict[str, object]:
        """Return what runs here. TorchServe shows it at ``/models/luke-qa?customized=true``."""
        engine = self.service.engine
        return {
            **engine.model.describe(),
            "because": engine.reason,
            "threads": torch.get_num_threads(),
            "token_budget": engine.model.token_budget,
            "max_seq_len": engine.max_tokens,
        }

    def _received(self, index: int, row: Mapping[str, Any]) -> Received:
        arrived = parse_arrival(self._header(index, "x-request-start"), time.time())
        headers = Headers(*(self._header(index, name) for name in ("x-request-id", "traceparent", "tracestate")))
        return Received(row, self.context.get_request_id(index) or "", arrived, headers)

    def _body(self, index: int, response: Response) -> bytes:
        """Set the headers and the status of one response, and return its body."""
        self.context.set_response_content_type(index, CONTENT_TYPE)
        if not any(isinstance(value, str) for value in self.context.get_all_request_header(index).values()):
            # A gRPC request: it has no headers except those of its parts. For a streaming call, TorchServe waits for
            # the end of the stream; without this header it would kill the worker or hang.
            self.context.set_response_header(index, "ts_stream_next", "false")
        if self._header(index, "describe") == "True":
            return json.dumps(self.describe_handle()).encode()
        # The reason phrase must be ASCII, or the worker hangs. Those of HTTPStatus are.
        self.context.set_response_status(response.code, HTTPStatus(response.code).phrase, index)
        return response.body

    def _header(self, index: int, name: str) -> str | None:
        """Return a header's value, whatever the case of its name: proxies write it in lower case."""
        headers: Mapping[str, Any] = self.context.get_all_request_header(index)
        return next((value for key, value in headers.items() if key.lower() == name and isinstance(value, str)), None)


def _device(settings: Settings, gpu_id: int | None) -> str:
    """Return the device setting, with ``auto`` and ``cuda`` as the GPU that TorchServe assigned to this worker."""
    if settings.device in ("auto", "cuda") and gpu_id is not None and torch.cuda.is_available():
        return f"cuda:{gpu_id}"
    return settings.device


def _quieten() -> None:
    """Silence TorchServe's worker, which logs several lines per batch and a traceback for every body that is not JSON.

    Its metrics also travel as log lines, so those stay.
    """
    logging.getLogger().setLevel(logging.ERROR)
    for name in ("ts.metrics", __name__, "luke_qa"):
        logging.getLogger(name).setLevel(logging.INFO)
