"""KServe's model for Japanese LUKE question answering: glue between KServe's SDK and ``luke_qa.service``.

A request holds one question or several: as ``instances`` (v1), each a request of the wire, or as tensors (v2), as
Triton's model has them. Each has its own answer or error in the reply, so none makes the others fail.
"""

import json
import logging
import struct
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from grpc_interceptor.exceptions import Unavailable
from kserve import InferOutput, InferRequest, InferResponse, Model
from kserve.errors import InvalidInput

from deploy.kserve.pool import Pool, QueueFull
from luke_qa import metrics
from luke_qa.bodies import parse_json
from luke_qa.cgroups import available_cores
from luke_qa.errors import RequestError
from luke_qa.incoming import parse_arrival
from luke_qa.response import Response
from luke_qa.service import Received, Service, open_engine
from luke_qa.settings import Settings, check_against, read_settings
from luke_qa.tensors import read_rows
from luke_qa.tracing import Headers, open_tracer
from luke_qa.workers import count_workers, worker_threads

logger = logging.getLogger("luke_qa")

OUTPUTS = {"response": "BYTES", "status": "INT32"}


class Overloaded(Unavailable):  # type: ignore[misc]
    """Nothing more can wait. The words are Triton's, so clients know them."""

    def __init__(self) -> None:
        super().__init__("Exceeds maximum queue size")


class LukeQAModel(Model):  # type: ignore[misc]
    """The model of the content of an archive, in as many instances as the machine has cores or GPUs."""

    _pool: Pool
    _max_inflated_bytes: int

    def __init__(self, name: str, directory: Path) -> None:
        super().__init__(name)
        self._directory = directory

    def load(self) -> bool:
        """Load and warm up every instance.

        Raises:
            SettingsError, CheckpointError: it cannot be served.
        """
        config = yaml.safe_load((self._directory / "model-config.yaml").read_text("utf-8"))
        settings = read_settings(config.get("handler"))
        cores, gpus = available_cores(), torch.cuda.device_count()
        torch.set_num_threads(worker_threads(settings, config, cores, gpus))
        services = [
            _open_service(self._directory, settings, number, gpus)
            for number in range(count_workers(config, cores, gpus))
        ]
        self._pool = Pool(services, int(config["jobQueueSize"]))
        self._max_inflated_bytes = settings.max_inflated_bytes
        described = {**services[0].engine.model.describe(), "because": services[0].engine.reason}
        metrics.engine_started(described)
        logger.info("luke-qa is ready: %s", json.dumps({**described, "instances": len(services)}))
        self.ready = True
        return True

    def get_input_types(self) -> list[dict[str, Any]]:
        """The inputs that a request may have; the fields of the wire may be inputs of their own as well."""
        return [{"name": "request", "datatype": "BYTES", "shape": [-1, 1]}]

    def get_output_types(self) -> list[dict[str, Any]]:
        """The JSON of an answer or an error, and its HTTP status."""
        return [{"name": name, "datatype": datatype, "shape": [-1, 1]} for name, datatype in OUTPUTS.items()]

    async def predict(
        self, payload: Any, headers: Mapping[str, str] | None = None, response_headers: Any = None
    ) -> dict[str, Any] | InferResponse:
        """KServe's entry point.

        Raises:
            InvalidInput: the body is of neither protocol.
            Overloaded: the queue is full.
        """
        named = {name.lower(): value for name, value in (headers or {}).items()}
        if isinstance(payload, InferRequest):
            responses = await self._answer(_tensor_rows(payload), named, payload.id)
            return _infer_response(payload, self.name, responses)
        responses = await self._answer(_instances(payload, self._max_inflated_bytes), named, None)
        return {"predictions": [json.loads(response.body) for response in responses]}

    async def _answer(
        self, rows: Sequence[dict[str, Any]], headers: Mapping[str, str], request_id: str | None
    ) -> list[Response]:
        now = time.time()
        request_id = request_id or headers.get("x-request-id") or uuid.uuid4().hex
        arrived = parse_arrival(headers.get("x-request-start"), now) or now
        trace = Headers(*(headers.get(name) for name in ("x-request-id", "traceparent", "tracestate")))
        try:
            return await self._pool.answer([Received(row, request_id, arrived, trace) for row in rows])
        except QueueFull:
            raise Overloaded from None


def _open_service(directory: Path, settings: Settings, number: int, gpus: int) -> Service:
    """Return the service of an instance; with several GPUs, they take turns at them."""
    on_gpu = gpus and settings.device in ("auto", "cuda")
    engine = open_engine(directory, settings, f"cuda:{number % gpus}" if on_gpu else settings.device)
    check_against(settings, engine.max_tokens, response_timeout=None)
    engine.warm_up()
    return Service(engine, settings, tracer=open_tracer())


def _instances(payload: Any, max_inflated_bytes: int) -> list[dict[str, Any]]:
    """Return the requests of a v1 body. KServe parses it only if its Content-Type is JSON's."""
    try:
        body = parse_json(payload, max_inflated_bytes) if isinstance(payload, bytes) else payload
    except RequestError as error:
        raise InvalidInput(str(error)) from None
    instances = body.get("instances") if isinstance(body, dict) else None
    if not isinstance(instances, list) or not instances:
        raise InvalidInput(
            'The body must be a JSON object with "instances", a list of requests: '
            '{"instances": [{"question": "…", "context": "…"}]}.'
        )
    return [{"body": instance} for instance in instances]


def _tensor_rows(request: InferRequest) -> list[dict[str, Any]]:
    """Return the rows of the inputs. KServe does not check them."""
    tensors = {each.name: _array(each) for each in request.inputs}
    if len({len(array) for array in tensors.values()}) != 1:
        raise InvalidInput("The inputs must have equally many rows: the first number of their shapes.")
    return read_rows(tensors)


def _array(tensor: Any) -> Any:
    """Return an input as [rows, values]."""
    try:
        array = tensor.as_numpy()
        return array.reshape(array.shape[0], -1)
    except InvalidInput:
        raise InvalidInput(f"The input {tensor.name} has the datatype {tensor.datatype}, which there is not.") from None
    except (ValueError, TypeError, IndexError, OverflowError, struct.error):
        raise InvalidInput(f"The data of the input {tensor.name} do not fit its shape and datatype.") from None


def _infer_response(request: InferRequest, name: str, responses: Sequence[Response]) -> InferResponse:
    values = (
        np.array([[response.body] for response in responses], dtype=object),
        np.array([[response.code] for response in responses], dtype=np.int32),
    )
    outputs = [
        InferOutput(name, list(value.shape), datatype, value)
        for (name, datatype), value in zip(OUTPUTS.items(), values, strict=True)
    ]
    return InferResponse(
        request.id or uuid.uuid4().hex,
        name,
        outputs,
        use_binary_outputs=request.use_binary_outputs,
        requested_outputs=request.request_outputs,
    )
