"""The headers that tell a server which span asks (W3C trace context)."""

import sys


def trace_headers() -> dict[str, str]:
    """Return the headers for the current span; none if there is no such span, or no OpenTelemetry."""
    if "opentelemetry.trace" not in sys.modules:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return headers
