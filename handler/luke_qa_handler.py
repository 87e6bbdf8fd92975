"""TorchServe's handler for Japanese LUKE question answering: glue between TorchServe and ``luke_qa.service``.

Nothing here raises because of a request: whatever is raised in a handler fails the whole batch.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import torch
from ts.metrics.dimension import Dimension
from ts.metrics.metric_type_enum import MetricTypes

from luke_qa.checkpoint import CheckpointError
from luke_qa.response import CONTENT_TYPE
from luke_qa.service import Computed, Failed, Job, Service, open_engine
from luke_qa.settings import Settings, SettingsError, check_against, read_settings
from luke_qa.workers import worker_threads

logger = logging.getLogger(__name__)

STAGE_METRIC = "luke_qa_stage_seconds"  # declared in config/metrics.yaml


class LukeQAHandler:
    """One worker: a service, and where it runs.

    It does without TorchServe's BaseHandler: that one's module imports torch's compilers wherever OpenVINO is installed
    (two seconds and 125 MB a worker), it allows TF32 on every newer GPU, and lets one client's ``explain`` or
    ``describe`` header speak for a whole batch.
    """

    context: Any
    service: Service

    def initialize(self, context: Any) -> None:
        """Load the checkpoint that lies unpacked in the model directory, and warm it up."""
        _quieten()
        config = context.model_yaml_config or {}
        try:
            settings = read_settings(config.get("handler"))
            cores, gpus = len(os.sched_getaffinity(0)), torch.cuda.device_count()
            torch.set_num_threads(worker_threads(settings, config, cores, gpus))
            device = _device(settings, context.system_properties.get("gpu_id"))
            engine = open_engine(Path(context.system_properties["model_dir"]), settings, device)
            check_against(settings, engine.max_tokens, config.get("responseTimeout"))
        except (SettingsError, CheckpointError) as error:
            # The line that `make start` shows; the traceback behind it is TorchServe's.
            logger.error("luke-qa cannot start: %s", error)
            raise
        engine.warm_up()
        self.service = Service(engine, settings)
        logger.info("luke-qa is ready: %s", json.dumps(self.describe_handle()))

    def handle(self, data: Sequence[Mapping[str, Any]], context: Any) -> list[bytes]:
        """TorchServe's entry point: one body for each row of ``data``."""
        self.context = context
        jobs = self._timed(self.preprocess, data)
        results = self._timed(self.inference, jobs)
        bodies: list[bytes] = self._timed(self.postprocess, results)
        return bodies

    def preprocess(self, data: Sequence[Mapping[str, Any]]) -> list[Job | Failed]:
        names = [self.context.get_request_id(i) or "" for i in range(len(data))]
        return self.service.read(data, names)

    def inference(self, data: Sequence[Job | Failed]) -> list[Computed | Failed]:
        return self.service.compute(data)

    def postprocess(self, data: Sequence[Computed | Failed]) -> list[bytes]:
        bodies = []
        for i, response in enumerate(self.service.respond(data)):
            self.context.set_response_content_type(i, CONTENT_TYPE)
            if not any(isinstance(value, str) for value in self.context.get_all_request_header(i).values()):
                # A request over gRPC, which has no headers but those of its parts. If it is a streaming one, TorchServe
                # waits for the end of the stream: without this it would kill the worker, or hang.
                self.context.set_response_header(i, "ts_stream_next", "false")
            if self._header(i, "describe") == "True":
                bodies.append(json.dumps(self.describe_handle()).encode())
                continue
            # The phrase must be ASCII, or the worker hangs; HTTPStatus's phrases are.
            self.context.set_response_status(response.code, HTTPStatus(response.code).phrase, i)
            bodies.append(response.body)
        return bodies

    def describe_handle(self) -> dict[str, object]:
        """What runs here; TorchServe shows it at ``/models/luke-qa?customized=true``."""
        engine = self.service.engine
        return {
            **engine.model.describe(),
            "because": engine.reason,
            "threads": torch.get_num_threads(),
            "token_budget": engine.model.token_budget,
            "max_seq_len": engine.max_tokens,
        }

    def _timed(self, stage: Callable[[Any], Any], data: Any) -> Any:
        started = time.perf_counter()
        result = stage(data)
        self.context.metrics.add_metric(
            STAGE_METRIC,
            time.perf_counter() - started,
            "seconds",
            dimensions=[Dimension("Stage", stage.__name__)],
            metric_type=MetricTypes.HISTOGRAM,
        )
        return result

    def _header(self, index: int, name: str) -> str | None:
        value: str | None = self.context.get_request_header(index, name)
        return value


def _device(settings: Settings, gpu_id: int | None) -> str:
    """The setting, with ``auto`` and ``cuda`` as the GPU that TorchServe assigned to this worker."""
    if settings.device in ("auto", "cuda") and gpu_id is not None and torch.cuda.is_available():
        return f"cuda:{gpu_id}"
    return settings.device


def _quieten() -> None:
    """TorchServe's worker logs several lines a batch, and a traceback for every body that is not JSON.

    Its metrics travel as log lines too, so those stay.
    """
    logging.getLogger().setLevel(logging.ERROR)
    for name in ("ts.metrics", __name__, "luke_qa"):
        logging.getLogger(name).setLevel(logging.INFO)
