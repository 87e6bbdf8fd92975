"""gRPC, by grpcio; an extra."""

from collections.abc import Callable
from typing import Any

from ._errors import MissingExtraError
from ._reply import Reply
from ._request import AskRequest
from ._statuses import grpc_failure
from ._transport import Target

try:
    import grpc
    from google.protobuf import empty_pb2  # type: ignore[import-untyped]

    from . import _messages
except ImportError as error:
    message = "gRPC needs an extra that is not installed: pip install luke_qa_client[grpc]"
    raise MissingExtraError(message) from error

_MAX_REPLY_BYTES = 64 * 2**20  # gRPC's own 4 MiB is less than 16 questions with top_k 100 may need


class GrpcTransport:
    """A channel to one TorchServe."""

    def __init__(self, target: Target, *, model: str, token: str | None, timeout: float) -> None:
        self._model = model
        self._timeout = timeout
        self._metadata = [("authorization", f"Bearer {token}")] if token is not None else []
        options = [
            ("grpc.max_receive_message_length", _MAX_REPLY_BYTES),
            ("grpc.enable_http_proxy", int(not target.loopback)),
        ]
        if target.secure:
            credentials = grpc.ssl_channel_credentials()
            self._channel = grpc.secure_channel(target.authority, credentials, options)
        else:
            self._channel = grpc.insecure_channel(target.authority, options)
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

    def ask(self, request: AskRequest) -> Reply:
        message = _messages.PredictionsRequest(model_name=self._model, input={"data": request.body})
        response = self._call(self._predictions, message, request.request_id)
        return Reply(200, response.prediction)

    def ping(self) -> Reply:
        response = self._call(self._ping, empty_pb2.Empty(), None)
        return Reply(200, response.health.encode())

    def close(self) -> None:
        self._channel.close()

    def _call(self, method: Callable[..., Any], message: Any, request_id: str | None) -> Any:
        try:
            return method(message, timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise grpc_failure(error.code().name, error.details() or "", request_id) from error
