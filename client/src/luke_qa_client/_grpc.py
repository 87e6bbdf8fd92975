"""gRPC, by grpcio; an extra."""

import asyncio
from types import ModuleType
from typing import Any

from ._errors import ConnectionFailedError, LukeQAError, MissingExtraError
from ._reply import Reply
from ._settings import Settings
from ._statuses import grpc_failure
from ._transport import Attempt

try:
    import grpc
    import grpc.aio
    from google.protobuf import empty_pb2  # type: ignore[import-untyped]

    from . import _messages
except ImportError as error:
    message = "gRPC needs an extra that is not installed: pip install luke_qa_client[grpc]"
    raise MissingExtraError(message) from error

_MAX_REPLY_BYTES = 64 * 2**20  # gRPC's own 4 MiB is less than 16 questions with top_k 100 may need
_MAX_RECONNECT_MS = 1000  # gRPC's own is two minutes; when to ask again is for the policy to say


class _Channel:
    """A channel to one TorchServe, of `grpc` or of `grpc.aio`: their calls differ in being awaited."""

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
        self._predictions = self._channel.unary_unary(
            _messages.PREDICTIONS,
            request_serializer=_messages.PredictionsRequest.SerializeToString,
            response_deserializer=_messages.PredictionResponse.FromString,
        )
        self._ping = self._channel.unary_unary(
            _messages.PING,
            request_serializer=empty_pb2.Empty.SerializeToString,
            response_deserializer=_messages.HealthResponse.FromString,
        )

    def call(self, attempt: Attempt) -> Any:
        """Return the response, or what is to be awaited for it."""
        metadata = () if attempt.token is None else (("authorization", f"Bearer {attempt.token}"),)
        if attempt.body is None:
            return self._ping(empty_pb2.Empty(), timeout=attempt.timeout, metadata=metadata)
        message = _messages.PredictionsRequest(model_name=self._model, input={"data": attempt.body})
        return self._predictions(message, timeout=attempt.timeout, metadata=metadata)

    def close(self) -> Any:
        return self._channel.close()


class GrpcTransport:
    """A channel to one TorchServe."""

    def __init__(self, settings: Settings) -> None:
        self._channel = _Channel(grpc, settings)

    def send(self, attempt: Attempt) -> Reply:
        try:
            return _reply(self._channel.call(attempt))
        except grpc.RpcError as error:
            raise _failure(error, attempt) from error

    def close(self) -> None:
        self._channel.close()


class AsyncGrpcTransport:
    """As `GrpcTransport`, without blocking. The channel is opened within the event loop, to which it belongs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._channel: _Channel | None = None

    async def send(self, attempt: Attempt) -> Reply:
        if self._channel is None:
            self._channel = _Channel(grpc.aio, self._settings)
        try:
            return _reply(await self._channel.call(attempt))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise ConnectionFailedError("The channel was closed.") from None  # which grpc.aio cancels its calls for
        except grpc.RpcError as error:
            raise _failure(error, attempt) from error

    async def close(self) -> None:
        if self._channel is not None:
            await self._channel.close()


def _reply(response: Any) -> Reply:
    if isinstance(response, _messages.HealthResponse):
        return Reply(200, response.health.encode())
    return Reply(200, response.prediction)


def _failure(error: grpc.RpcError, attempt: Attempt) -> LukeQAError:
    return grpc_failure(error.code().name, error.details() or "", attempt.request_id)
