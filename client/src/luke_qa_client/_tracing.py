"""A span of OpenTelemetry for each question, and the header by which the server's spans become its children.

A program that writes spans has imported OpenTelemetry before it asks. In any other, nothing here imports it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ._errors import LukeQAError
from ._policy import Call

if TYPE_CHECKING:
    from opentelemetry.context import Context

_API: Final = "opentelemetry.trace"


def current_context() -> "Context | None":
    """Return what the caller is doing now, for questions that are asked in other threads."""
    if _API not in sys.modules:
        return None
    from opentelemetry.context import get_current

    return get_current()


@contextmanager
def call_span(call: Call[Any], parent: "Context | None" = None) -> Iterator[None]:
    """Write a span around all attempts of ``call``, as a child of ``parent``, by default of the current span.

    It names the request and the server, and contains no text of the caller's: not even an error's message.
    """
    if _API not in sys.modules:
        yield
        return
    from opentelemetry.trace import SpanKind, StatusCode, get_tracer

    span = get_tracer("luke_qa_client").start_as_current_span(
        "luke_qa.ask" if call.request_id else "luke_qa.health",
        parent,
        SpanKind.CLIENT,
        {"server.address": call.server},
        record_exception=False,
        set_status_on_exception=False,
    )
    with span as current:
        if call.request_id:
            current.set_attribute("luke_qa.request_id", call.request_id)
        try:
            yield
        except BaseException as error:
            current.set_status(StatusCode.ERROR)
            current.set_attribute("error.type", type(error).__name__)
            if isinstance(error, LukeQAError) and error.status is not None:
                current.set_attribute("http.response.status_code", error.status)
            raise
        finally:
            current.set_attribute("luke_qa.tries", call.tries)
