"""Errors by status. No I/O.

The status alone is not enough. TorchServe rejects a wrong token with HTTP 400, uses 503 for both a full queue and a
failed batch, and over gRPC reports almost everything as INTERNAL. The name of a Java exception tells them apart; over
gRPC it is the last line of the details.
"""

from http import HTTPStatus
from typing import Final

from ._errors import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    LukeQAError,
    NotFoundError,
    OverloadedError,
    ServerError,
    TimedOutError,
    TooLargeError,
)

UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"  # the type of a connection failure that is permanent
WRONG_PROTOCOL: Final = "WRONG_PROTOCOL"  # the same, of an address with another scheme than its port speaks

CRASHES_WORKERS: Final = "crashes_workers"  # the type for a request that has killed workers before
QUEUE_TIMEOUT: Final = "queue_timeout"  # the type for a request that waited too long for a worker

_BY_STATUS: Final[dict[int, type[LukeQAError]]] = {
    401: AuthenticationError,
    403: AuthenticationError,
    404: NotFoundError,
    407: AuthenticationError,
    408: TimedOutError,
    413: TooLargeError,
    429: OverloadedError,
    503: OverloadedError,
    504: TimedOutError,
}

# The (status, type) pairs whose status alone would mislead.
_BY_STATUS_AND_TYPE: Final[dict[tuple[int, str], type[LukeQAError]]] = {
    (400, "InvalidKeyException"): AuthenticationError,
    (429, "too_many_wrong_keys"): AuthenticationError,  # the proxy's; no retry helps without another key
    (503, "InternalServerException"): ServerError,  # the handler failed; a full queue has another type
    (504, QUEUE_TIMEOUT): OverloadedError,  # never computed, so a retry repeats nothing
}

# Replaces TorchServe's own message, which blames missing workers even if the queue is full.
_NO_ROOM: Final = "The server's queue is full, or it has no worker."
_NO_ROOM_TYPE: Final = "ServiceUnavailableException"

_STATUS_OF_GRPC_CODE: Final = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "UNIMPLEMENTED": 404,  # a gRPC server without TorchServe's service
    "INTERNAL": 500,
}

# What Triton and KServe's server say by themselves, by a part of the message, with the status and the type that stand
# for it here. Their own statuses differ between HTTP and gRPC, and some stand for several of these.
_OPEN_INFERENCE: Final = {
    "Exceeds maximum queue size": (503, "queue_full"),
    "Request timeout expired": (504, QUEUE_TIMEOUT),
    "is not found": (404, "model_not_found"),
    "has no available versions": (404, "model_not_found"),
    "does not exist": (404, "model_not_found"),  # KServe's
    "is not healthy": (500, "worker_died"),
}

_UNTRUSTED_MARKS: Final = (UNTRUSTED, "Hostname Verification Check failed")

# How gRPC words that the port speaks another protocol, and what to write instead.
_WRONG_PROTOCOLS: Final = {
    "Failed parsing HTTP/2": "gRPC. For TorchServe's HTTP port use http://; its gRPC port is 7070 by default.",
    "http1.x server": "gRPC. For TorchServe's HTTP port use http://; its gRPC port is 7070 by default.",
    "WRONG_VERSION_NUMBER": "TLS. Use grpc:// instead of grpcs://.",
}

_TOO_LARGE_FOR_SERVER: Final = (
    "The server reset the request. TorchServe does so if it is larger than the server's max_request_size."
)


def refusal(
    status: int,
    message: str | None = None,
    *,
    type: str | None = None,
    field: str | None = None,
    request_id: str | None = None,
    retry_after: float | None = None,
) -> LukeQAError:
    """Return the error for a reply with this HTTP status and TorchServe error type."""
    by_status = _BY_STATUS.get(status, BadRequestError if 400 <= status < 500 else ServerError)
    error = _BY_STATUS_AND_TYPE.get((status, type or ""), by_status)
    return error(
        _NO_ROOM if type == _NO_ROOM_TYPE else message or _standard_message(status),
        status=status,
        type=type,
        field=field,
        request_id=request_id,
        retry_after=retry_after,
    )


def grpc_failure(code: str, details: str, request_id: str | None = None) -> LukeQAError:
    """Return the error for a call that ended with this gRPC status code, such as ``INTERNAL``."""
    message, _, last_line = details.rpartition("\n")
    # either a full name, "org.pytorch...ModelNotFoundException", or "InternalServerException.()"
    exception = last_line.removesuffix(".()").rpartition(".")[2]
    if not message or not exception.endswith("Exception"):
        return _grpc_failure_without_type(code, details, request_id)
    status = 503 if code == "UNAVAILABLE" else 500
    if exception in ("ModelNotFoundException", "ModelVersionNotFoundException"):
        status = 404
    elif exception == "BadRequestException":
        status = 400
    elif "has no worker to serve" in message:  # a full queue; over HTTP it has its own type
        status, exception = 503, _NO_ROOM_TYPE
    elif code == "INTERNAL" and message == "Out of resources":
        status = 507
    return refusal(status, message, type=exception, request_id=request_id)


def open_inference_error(status: int, message: str) -> tuple[int, str | None]:
    """Return the status and the type for what a server of the open inference protocol says with this HTTP status."""
    return next((known for part, known in _OPEN_INFERENCE.items() if part in message), (status, None))


def open_inference_failure(code: str, details: str, request_id: str | None = None) -> LukeQAError:
    """Return the error for a call of the open inference protocol that ended with this gRPC status code."""
    status, type = open_inference_error(0, details)
    if type is None:
        return _grpc_failure_without_type(code, details, request_id)
    return refusal(status, details, type=type, request_id=request_id)


def _grpc_failure_without_type(code: str, details: str, request_id: str | None) -> LukeQAError:
    if code == "DEADLINE_EXCEEDED":
        return TimedOutError("No reply arrived in time.", type=code, request_id=request_id)
    if code == "UNAVAILABLE" and any(mark in details for mark in _UNTRUSTED_MARKS):
        message = f"The connection failed: its certificate is not trusted ({details})."
        return ConnectionFailedError(message, type=UNTRUSTED, request_id=request_id)
    for mark, advice in _WRONG_PROTOCOLS.items():
        if code == "UNAVAILABLE" and mark in details:
            message = f"The server at this address does not speak {advice}"
            return ConnectionFailedError(message, type=WRONG_PROTOCOL, request_id=request_id)
    if code == "UNAVAILABLE":
        message = f"The connection failed: {details}"
        return ConnectionFailedError(message, type=code, request_id=request_id)
    if code == "CANCELLED" and "RST_STREAM" in details:
        return refusal(413, _TOO_LARGE_FOR_SERVER, type=code, request_id=request_id)
    if code == "RESOURCE_EXHAUSTED":  # a limit on the message's size, or a proxy's limit on calls
        status = 413 if "larger than max" in details else 429
        return refusal(status, details, type=code, request_id=request_id)
    status = _STATUS_OF_GRPC_CODE.get(code, 500)
    return refusal(status, details or None, type=code, request_id=request_id)


def _standard_message(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "an unknown status"
    return f"The server replied {status} ({phrase}) without an explanation."
