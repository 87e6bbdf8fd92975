"""Spans of OpenTelemetry: one for each request, with its stages as children.

The package is an extra, so nothing here imports it before ``open_tracer`` finds that its variables ask for spans.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

logger = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the time of a request, from ``started`` to ``ended`` in Unix seconds."""

    name: str
    started: float
    ended: float


@dataclass(frozen=True, slots=True)
class Headers:
    """What names a request elsewhere: the proxy's id of it, and its caller's span (W3C trace context)."""

    proxy_request_id: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None


NO_HEADERS = Headers()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered; ``stages`` are in order, the first began when the request arrived."""

    request_id: str
    headers: Headers
    code: int
    outcome: str
    windows: int
    stages: Sequence[Stage]


class Tracer:
    """Writes spans to ``provider``."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._tracer = provider.get_tracer("luke_qa")

    def write(self, exchange: Exchange) -> None:
        """Write the span of a request and those of its stages, as a child of its caller's span."""
        from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        headers = exchange.headers
        carrier = {"traceparent": headers.traceparent, "tracestate": headers.tracestate}
        caller = TraceContextTextMapPropagator().extract({name: value for name, value in carrier.items() if value})
        attributes: dict[str, str | int] = {
            "luke_qa.request_id": exchange.request_id,
            "luke_qa.outcome": exchange.outcome,
            "luke_qa.windows": exchange.windows,
            "http.response.status_code": exchange.code,
        }
        if headers.proxy_request_id:
            attributes["luke_qa.proxy_request_id"] = headers.proxy_request_id
        span = self._tracer.start_span(
            "luke_qa.answer", caller, SpanKind.SERVER, attributes, start_time=_nanoseconds(exchange.stages[0].started)
        )
        for stage in exchange.stages:
            child = self._tracer.start_span(
                stage.name, set_span_in_context(span), start_time=_nanoseconds(stage.started)
            )
            child.end(_nanoseconds(stage.ended))
        if exchange.code >= 500:
            span.set_status(StatusCode.ERROR)
        span.end(_nanoseconds(exchange.stages[-1].ended))


def open_tracer() -> Tracer | None:
    """Return a tracer that sends spans as OpenTelemetry's variables say; None if they do not ask for any.

    They are ``OTEL_EXPORTER_OTLP_*``, ``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME``, ``OTEL_RESOURCE_ATTRIBUTES``,
    ``OTEL_BSP_*``, ``OTEL_TRACES_EXPORTER`` and ``OTEL_SDK_DISABLED``.
    """
    if not _are_spans_wanted():
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        logger.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is missing: run `make setup-tracing`.")
        return None
    named = Resource.create().merge(Resource({"service.name": "luke-qa"})).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracer(provider)


def _are_spans_wanted() -> bool:
    variables = os.environ
    return (
        any(variables.get(name) for name in _ENDPOINTS)
        and variables.get("OTEL_TRACES_EXPORTER", "otlp") == "otlp"
        and variables.get("OTEL_SDK_DISABLED", "").lower() != "true"
    )


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1_000_000_000)
