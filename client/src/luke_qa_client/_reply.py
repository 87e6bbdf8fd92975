"""How a reply is read: strictly, so that what is not understood is a ServerError. No I/O."""

import json
import math
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Never, TypeVar

from ._answers import Answer, Health, Span
from ._errors import ServerError
from ._statuses import refusal

_EXCERPT_LENGTH = 80
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, by whatever transport.

    Attributes:
        status: the HTTP status; 200 for a gRPC call that ended well.
        body: the bytes of the reply, not yet looked into.
        retry_after: the header of this name, as it came.
    """

    status: int
    body: bytes
    retry_after: str | None = None


def read_answer(reply: Reply, request_id: str) -> Answer:
    """Return the answer, or raise the error that the reply is."""
    return _answer(_accepted(reply, request_id), request_id)


def read_answers(reply: Reply, request_id: str, count: int) -> list[Answer]:
    """Return the answers to `count` questions in order, or raise the error that the reply is."""
    body = _accepted(reply, request_id)
    if not isinstance(body, list) or len(body) != count:
        _not_understood(f"no list of {count} answers", body, request_id)
    return [_answer(item, request_id) for item in body]


def read_health(reply: Reply) -> Health:
    """Return the health; an unhealthy server's reply (500) is health too, not an error."""
    body = _parsed(reply.body)
    status = body.get("status") if isinstance(body, dict) else None
    if not isinstance(status, str):
        _not_understood("no health", _accepted(reply, None), None)
    return Health(status, ready=reply.status == HTTPStatus.OK and status == "Healthy")


def _accepted(reply: Reply, request_id: str | None) -> Any:
    """Return the parsed body unless it, or the status, is a refusal.

    The body's code counts before the status: over gRPC the status is always good.
    """
    body = _parsed(reply.body)
    refused = body if isinstance(body, dict) and "code" in body else {}
    status = _error_status(refused.get("code")) or reply.status
    if status == HTTPStatus.OK:
        if body is None:
            _not_understood("no JSON", reply.body.decode(errors="replace"), request_id)
        return body
    raise refusal(
        status,
        _text_or_none(refused, "message"),
        type=_text_or_none(refused, "type"),
        field=_text_or_none(refused, "field"),
        request_id=_text_or_none(refused, "request_id") or request_id,
        retry_after=_seconds(reply.retry_after),
    )


def _answer(body: Any, request_id: str) -> Answer:
    try:
        best = _span(body)
        spans = [_span(item) for item in _typed(body["answers"], list)]
        return Answer(
            best.answer,
            best.score,
            best.start,
            best.end,
            best.document,
            no_answer_score=_number(body["no_answer_score"]),
            request_id=_typed(body["request_id"], str),
            alternatives=tuple(span for span in spans if span != best),
        )
    except (KeyError, TypeError, ValueError, OverflowError):  # the last, for a whole number beyond all floats
        _not_understood("no answer", body, request_id)


def _span(body: Any) -> Span:
    return Span(
        _typed(body["answer"], str),
        _number(body["score"]),
        _index(body["start"]),
        _index(body["end"]),
        _index(body["document"]),
    )


def _typed(value: Any, kind: type[_T]) -> _T:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # True is not a number here
        raise TypeError
    return float(value)


def _index(value: Any) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise TypeError
    return value


def _parsed(body: bytes) -> Any:
    """Return the parsed JSON, None when it is not JSON (or is null, which means as little)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # bad UTF-8 and bad JSON are both ValueErrors
        return None


def _error_status(code: Any) -> int | None:
    return code if type(code) is int and 400 <= code < 600 else None


def _seconds(retry_after: str | None) -> float | None:
    """Return what Retry-After says, a number of seconds or a date, as seconds from now; None when it says nothing."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):  # the latter, for a year beyond all calendars
        return None


def _text_or_none(body: dict[str, Any], key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) else None


def _not_understood(what: str, body: Any, request_id: str | None) -> Never:
    excerpt = repr(body)
    if len(excerpt) > _EXCERPT_LENGTH:
        excerpt = excerpt[:_EXCERPT_LENGTH] + "…"
    message = f"The server's reply is {what}: {excerpt}"
    raise ServerError(message, status=HTTPStatus.OK.value, request_id=request_id)
