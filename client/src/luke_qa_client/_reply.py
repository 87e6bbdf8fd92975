"""Replies parsed strictly: a reply that does not follow the protocol is a ServerError. No I/O."""

import html
import json
import math
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, Never, TypeVar, get_args

from ._answers import Answer, Confidence, Health, Passage, Span, Windows
from ._errors import LukeQAError, ServerError
from ._statuses import refusal
from ._transport.base import Reply

_EXCERPT_LENGTH: Final = 80
_PAGE: Final = re.compile(rb"\s*<(?:!doctype|html)\b", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
_T = TypeVar("_T")


def read_answer(reply: Reply, request_id: str) -> Answer:
    """Return the answer, or raise the error that the reply reports."""
    return parse_answer(_accepted(reply, request_id), request_id)


def read_answers(reply: Reply, request_id: str, count: int) -> list[Answer]:
    """Return the answers to ``count`` questions in order, or raise the error that the reply reports."""
    body = _accepted(reply, request_id)
    if not isinstance(body, list) or len(body) != count:
        _malformed(f"a list of {count} answers", body, request_id)
    return [parse_answer(item, request_id) for item in body]


def read_outcomes(reply: Reply, request_id: str, count: int) -> list[Answer | LukeQAError]:
    """Return the answer or the error of each of ``count`` pairs in order, or raise the error of the whole request."""
    body = _accepted(reply, request_id)
    if not isinstance(body, list) or len(body) != count:
        _malformed(f"a list of {count} outcomes", body, request_id)
    return [_outcome(item, request_id) for item in body]


def read_health(reply: Reply) -> Health:
    """Return the health. An unhealthy server replies with 500, which is not an error here."""
    body = _parsed(reply.body)
    status = body.get("status") if isinstance(body, dict) else None
    if not isinstance(status, str):
        _malformed("a health status", _accepted(reply, None), None)
    return Health(status, ready=reply.status == HTTPStatus.OK and status == "Healthy")


def _accepted(reply: Reply, request_id: str | None) -> Any:
    """Return the parsed body, or raise the error that the body or the status reports.

    The body's code takes precedence over the status: over gRPC the status is always 200.
    """
    body = _parsed(reply.body)
    refused = body if isinstance(body, dict) and "code" in body else {}
    status = _error_status(refused.get("code")) or reply.status
    if status == HTTPStatus.OK:
        if body is None:
            _malformed("JSON", reply.body, request_id)
        return body
    raise _refusal(status, refused, request_id, _page_message(status, reply.body), _seconds(reply.retry_after))


def _refusal(
    status: int,
    body: dict[str, Any],
    request_id: str | None,
    page_message: str | None = None,
    retry_after: float | None = None,
) -> LukeQAError:
    return refusal(
        status,
        _text_or_none(body, "message") or page_message,
        type=_text_or_none(body, "type"),
        field=_text_or_none(body, "field"),
        request_id=_text_or_none(body, "request_id") or request_id,
        retry_after=retry_after,
    )


def _outcome(body: Any, request_id: str) -> Answer | LukeQAError:
    status = _error_status(body.get("code")) if isinstance(body, dict) else None
    return parse_answer(body, request_id) if status is None else _refusal(status, body, request_id)


def parse_answer(body: Any, request_id: str | None) -> Answer:
    """Return the answer in a parsed body."""
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
            place_score=_optional(body.get("place_score"), _number),
            confidence=_optional(body.get("confidence"), _confidence),
            id=best.id,
            title=best.title,
            passage=best.passage,
            windows=_windows(body.get("windows")),
        )
    except (KeyError, TypeError, ValueError, OverflowError):  # the last for an integer too large for a float
        _malformed("an answer", body, request_id)


def _span(body: Any) -> Span:
    return Span(
        _typed(body["answer"], str),
        _number(body["score"]),
        _index(body["start"]),
        _index(body["end"]),
        _index(body["document"]),
        id=_text_or_none(body, "id"),
        title=_text_or_none(body, "title"),
        passage=_passage(body.get("passage")),
    )


def _passage(body: Any) -> Passage | None:
    if body is None:
        return None
    return Passage(_typed(body["text"], str), _typed(body["start"], int), _typed(body["end"], int))


def _windows(body: Any) -> Windows | None:
    """Return None for a server that does not say how many windows it read."""
    return None if body is None else Windows(_typed(body["read"], int), _typed(body["of"], int))


def _typed(value: Any, kind: type[_T]) -> _T:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # bool is a subclass of int
        raise TypeError
    return float(value)


def _optional(value: Any, read: Callable[[Any], _T]) -> _T | None:
    return None if value is None else read(value)


def _confidence(value: Any) -> Confidence:
    if value not in get_args(Confidence):
        raise TypeError
    return value  # type: ignore[no-any-return]


def _index(value: Any) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise TypeError
    return value


def _parsed(body: bytes) -> Any:
    """Return the parsed JSON; None if it is not JSON, or null."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # invalid UTF-8 and invalid JSON are both ValueErrors
        return None


def _error_status(code: Any) -> int | None:
    return code if type(code) is int and 400 <= code < 600 else None


def _seconds(retry_after: str | None) -> float | None:
    """Return a ``Retry-After``, which is a number of seconds or a date, in seconds from now; None if it is neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):  # the latter for a year out of range
        return None


def _text_or_none(body: dict[str, Any], key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) else None


def _page_message(status: int, body: bytes) -> str | None:
    """Return what a proxy's page says; None if the body is not a page with a title."""
    title = _TITLE.search(body.decode(errors="replace")) if _PAGE.match(body) else None
    return f"The server replied {status} with the page {_shortened(html.unescape(title[1]))}." if title else None


def _malformed(expected: str, body: Any, request_id: str | None) -> Never:
    message = f"The server's reply is not {expected}: {_description(body)}"
    raise ServerError(message, status=HTTPStatus.OK.value, request_id=request_id)


def _description(body: Any) -> str:
    """Describe a parsed body, or bytes that could not be parsed. Bytes that are no text are counted, not shown."""
    if not isinstance(body, bytes):
        return _shortened(body)
    if _PAGE.match(body):
        return "it is an HTML page. Check that the address is this server's."
    try:
        return _shortened(body.decode())
    except UnicodeDecodeError:
        return f"{len(body)} bytes that are no text. Check that the address is this server's."


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _EXCERPT_LENGTH else text[:_EXCERPT_LENGTH] + "…"
