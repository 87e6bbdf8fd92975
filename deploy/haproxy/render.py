"""The configuration of HAProxy 2.6, from its templates and the proxy's settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.proxy import Proxy, Server
from ops.layout import MODEL_NAME

GRPC_SERVICE: Final = "/org.pytorch.serve.grpc.inference.InferenceAPIsService"
GRPC_METHODS: Final = ("Predictions", "StreamPredictions", "Ping")

# A buffer holds a request: its body, its headers, and room for the headers that are added.
_HEAD_ROOM: Final = 32_768

# Connections of the proxy to itself, beside those of requests
_HIDDEN: Final = 64

# Milliseconds beyond a request's deadline
_GRACE: Final = 200

# Seconds that a request which is refused over HTTP/2 may take to arrive: whoever sent it is a stranger
REFUSED_BODY_TIMEOUT = 1.0

# Large requests of a server that may wait behind ones that their callers left
_LEFT_BEHIND: Final = 16

# gRPC's status for each HTTP status that a proxy answers by itself
GRPC_STATUS: Final[Mapping[int, int]] = {
    400: 3,  # INVALID_ARGUMENT
    401: 16,  # UNAUTHENTICATED
    404: 12,  # UNIMPLEMENTED
    405: 12,
    408: 4,  # DEADLINE_EXCEEDED
    413: 8,  # RESOURCE_EXHAUSTED
    429: 8,
    431: 8,
    500: 13,  # INTERNAL
    502: 14,  # UNAVAILABLE
    503: 14,
    504: 4,
}

# Where and how a request was served, known to the pass in which it waited for a slot. Times are in milliseconds, -1 for
# none.
_JOURNEY: Final[Mapping[str, str]] = {
    "server": "%s",
    "queue_ms": "%Tw",
    "connect_ms": "%Tc",
    "server_ms": "%Tr",
    "retries": "%rc",  # "+1": one, on another server
}

# The access log's fields, without anything that a caller wrote but an id.
_LOG_FIELDS: Final[Mapping[str, str]] = {
    "time": '"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]"',
    "request_id": '"%[var(txn.id)]"',
    "client": '"%ci"',
    "key": '"%[var(txn.key)]"',
    "frontend": '"%f"',
    "tls": '"%sslv"',
    "route": '"%[var(txn.route)]"',
    "size": '"%[var(txn.size)]"',
    "status": "%ST",
    "grpc_status": '"%[var(txn.grpc_status)]"',
    "server": '"%[var(txn.server)]"',
    "bytes_in": "%U",
    "bytes_out": "%B",
    "total_ms": "%Ta",
    # A request that is no HTTP has no variables, and a field without a value would end the JSON.
    **{
        name: f"%[str(:),concat(,txn.{name}),regsub(^:$,-1),regsub(^:,)]"
        for name in ("queue_ms", "connect_ms", "server_ms")
    },
    "retries": '"%[var(txn.retries)]"',
    "sent_again": "%rc",  # because a worker died
    "ended": '"%ts"',  # HAProxy's two letters: who ended the request, and when
}


def render(proxy: Proxy) -> dict[str, str]:
    """Return the text of each file: ``haproxy.cfg``, and ``large.cfg`` for the process that it starts."""
    protocols = ("http", "grpc") if proxy.grpc else ("http",)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["ms"] = milliseconds
    environment.globals.update(
        proxy=proxy,
        model=MODEL_NAME,
        service=GRPC_SERVICE,
        methods=GRPC_METHODS,
        grpc_status=GRPC_STATUS,
        log_format="{" + ",".join(f'"{name}":{value}' for name, value in _LOG_FIELDS.items()) + "}",
        journey=_JOURNEY,
        full="The queue is full. Retry.",
        too_large=f"The request is larger than max {proxy.max_body} bytes.",
        longest=proxy.body_timeout + proxy.queue_timeout + proxy.answer_timeout,
        front_buffer=proxy.large_body + _HEAD_ROOM,
        large_buffer=proxy.max_body + _HEAD_ROOM,
        # Clients of one protocol leave room for those of the other. Each small request that waits or is computed comes
        # in twice, each large one three times.
        front_connections=len(protocols) * proxy.connections
        + proxy.queue
        + sum(server.total_slots for server in proxy.servers)
        + _HIDDEN,
        large_connections=3 * proxy.large_requests + _HIDDEN,
        grace_ms=_GRACE,
        refused_body_timeout=REFUSED_BODY_TIMEOUT,
        left_behind=_LEFT_BEHIND,
        socket=socket_path,
    )
    of_large = ("large", *(f"large-{server.name}-{protocol}" for server in proxy.servers for protocol in protocols))
    return {
        "haproxy.cfg": environment.get_template("front.cfg.j2").render(queues=protocols),
        "large.cfg": environment.get_template("large.cfg.j2").render(queues=of_large),
    }


def milliseconds(seconds: float) -> str:
    """A time as HAProxy reads it."""
    return f"{round(1000 * seconds)}ms"


def socket_path(proxy: Proxy, server: Server) -> Path:
    """Where the large requests of a server pass."""
    return proxy.run / f"large-{server.name}.sock"
