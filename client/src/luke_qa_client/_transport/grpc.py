"""gRPC with grpcio, blocking and asynchronous (the extra ``grpc``)."""

import asyncio
from types import ModuleType
from typing import Any

from .._errors import ConnectionFailedError, LukeQAError, MissingExtraError
from .._settings import Settings
from .._statuses import grpc_failure, open_inference_failure
from .base import Attempt, Reply

try:
    import grpc
    import grpc.aio
    from google.protobuf import empty_pb2  # type: ignore[import-untyped]

    from . import grpc_messages as messages
    from . import grpc_open_inference as v2
except ImportError as error:
    message = "gRPC needs the extra grpc: pip install luke_qa_client[grpc]"
    raise MissingExtraError(message) from error

_MAX_REPLY_BYTES = 64 * 2**20  # gRPC's default of 4 MiB is too small for 16 questions with top_k 100
_MAX_RECONNECT_MS = 1000  # gRPC's default is two minutes; the policy decides when to retry


class _Channel:
    """A channel to one server, of ``grpc`` or ``grpc.aio``. The latter's calls are awaited."""

    def __init__(self, library: ModuleType, settings: Settings) -> None:
        self._model = settings.model
        target = settings.target
        options = [
            ("grpc.max_receive_message_length", _MAX_REPLY_BYTES),
            ("grpc.enable_http_proxy", int(not target.loopback)),
            ("grpc.initial_reconnect_backoff_ms", _MAX_RECONNECT_MS // 10),
            ("grpc.max_reconnect_backoff_ms", _MAX_RECONNECT_MS),
        ]
        if target.secure:
            roots = None if settings.verify is None else settings.verify.read_bytes()
            self._channel = library.secure_channel(target.authority, grpc.ssl_channel_credentials(roots), options)
        else:
            self._channel = library.insecure_channel(target.authority, options)
        self._open_inference = target.open_inference
        if self._open_inference:
            self._ask = self._method(v2.INFER, v2.ModelInferRequest, v2.ModelInferResponse)
            self._health = self._method(v2.READY, v2.ModelReadyRequest, v2.ModelReadyResponse)
        else:
            self._ask = self._method(messages.PREDICTIONS, messages.PredictionsRequest, messages.PredictionResponse)
            self._health = self._method(messages.PING, empty_pb2.Empty, messages.HealthResponse)

    def call(self, attempt: Attempt) -> Any:
        """Return the response, or with ``grpc.aio`` its awaitable."""
        metadata = () if attempt.token is None else (("authorization", f"Bearer {attempt.token}"),)
        method = self._health if attempt.body is None else self._ask
        return method(self._request(attempt), timeout=attempt.timeout, metadata=metadata)

    def reply(self, response: Any) -> Reply:
        """Return what a response says."""
        if self._open_inference:
            return v2.read_response(response)
        if isinstance(response, messages.HealthResponse):
            return Reply(200, response.health.encode())
        return Reply(200, response.prediction)

    def failure(self, error: grpc.RpcError, attempt: Attempt) -> LukeQAError:
        """Return the error for a call that failed."""
        read = open_inference_failure if self._open_inference else grpc_failure
        return read(error.code().name, error.details() or "", attempt.request_id)

    def _request(self, attempt: Attempt) -> Any:
        if self._open_inference:
            if attempt.body is None:
                return v2.ModelReadyRequest(name=self._model)
            return v2.infer_request(self._model, attempt)
        if attempt.body is None:
            return empty_pb2.Empty()
        return messages.PredictionsRequest(model_name=self._model, input={"data": attempt.body})

    def _method(self, path: str, request: Any, response: Any) -> Any:
        return self._channel.unary_unary(
            path, request_serializer=request.SerializeToString, response_deserializer=response.FromString
        )

    def close(self) -> Any:
        return self._channel.close()


class GrpcTransport:
    """A blocking channel to one server."""

    def __init__(self, settings: Settings) -> None:
        self._channel = _Channel(grpc, settings)

    def send(self, attempt: Attempt) -> Reply:
        try:
            return self._channel.reply(self._channel.call(attempt))
        except grpc.RpcError as error:
            raise self._channel.failure(error, attempt) from error

    def close(self) -> None:
        self._channel.close()


class AsyncGrpcTransport:
    """An asynchronous channel to one server. It belongs to an event loop, so the first request opens it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._channel: _Channel | None = None

    async def send(self, attempt: Attempt) -> Reply:
        if self._channel is None:
            self._channel = _Channel(grpc.aio, self._settings)
        try:
            return self._channel.reply(await self._channel.call(attempt))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise ConnectionFailedError("The channel was closed.") from None  # grpc.aio cancels its calls then
        except grpc.RpcError as error:
            raise self._channel.failure(error, attempt) from error

    async def close(self) -> None:
        if self._channel is not None:
            await self._channel.close()
