"""The open inference protocol (v2) over HTTP, as Triton speaks it: a request of the wire is one tensor of text. No I/O.

Source: https://github.com/kserve/open-inference-protocol; Triton's limit on a request's wait is its extension
``schedule policy``.
"""

import json
from http import HTTPStatus
from typing import Any, Final

from .._statuses import open_inference_error
from .base import Attempt, Reply

REQUEST: Final = "request"  # the input: the request as JSON
RESPONSE: Final = "response"  # the output: the answer or the error as JSON
STATUS: Final = "status"  # the output: its HTTP status

HEALTHY: Final = Reply(HTTPStatus.OK.value, b'{"status": "Healthy"}')
UNHEALTHY: Final = Reply(HTTPStatus.SERVICE_UNAVAILABLE.value, b'{"status": "Unhealthy"}')


def queue_timeout(attempt: Attempt) -> int:
    """Return how long the request may wait for its turn, in microseconds: nobody waits longer for its answer."""
    return max(1, round(1e6 * attempt.timeout))


def request_body(attempt: Attempt) -> bytes:
    """Return the inference request for a question."""
    text = (attempt.body or b"").decode()
    tensor = {"name": REQUEST, "shape": [1, 1], "datatype": "BYTES", "data": [text]}
    parameters = {"timeout": queue_timeout(attempt)}
    return json.dumps({"id": attempt.request_id, "parameters": parameters, "inputs": [tensor]}).encode()


def read_reply(reply: Reply, attempt: Attempt) -> Reply:
    """Return the answer or the error in an inference response, or the health; anything else as it came."""
    content = _parsed(reply.body)
    if reply.status != HTTPStatus.OK:
        return _read_refusal(reply, content, attempt)
    if attempt.body is None:
        return HEALTHY
    try:
        outputs = {output["name"]: output["data"][0] for output in content["outputs"]}
        return Reply(int(outputs[STATUS]), outputs[RESPONSE].encode(), reply.retry_after)
    except (AttributeError, KeyError, LookupError, TypeError, ValueError):
        return reply


def _read_refusal(reply: Reply, content: Any, attempt: Attempt) -> Reply:
    """Return what Triton itself said, in the words of the wire."""
    message = content.get("error") if isinstance(content, dict) else None
    if attempt.body is None and reply.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE):
        return UNHEALTHY
    if not isinstance(message, str):
        return reply  # a proxy's
    status, type = open_inference_error(reply.status, message)
    body = {"code": status, "type": type, "message": message}
    return Reply(status, json.dumps(body).encode(), reply.retry_after)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
