"""The configuration of HAProxy 2.6, from its template and the proxy's settings."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.proxy import Proxy, Server
from ops.layout import MODEL_NAME

GRPC_SERVICE: Final = "/org.pytorch.serve.grpc.inference.InferenceAPIsService"
GRPC_METHODS: Final = ("Predictions", "StreamPredictions", "Ping")

# A buffer holds a request: its body, its headers, and room for the headers that are added.
_HEAD_ROOM: Final = 100_000

# Large requests of a server that may wait behind ones that their callers left
_LEFT_BEHIND: Final = 16

# gRPC's status for each HTTP status that the proxy answers by itself
_GRPC_STATUS: Final[Mapping[int, int]] = {
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

# The access log's fields, without anything that a caller wrote but an id. Times are in milliseconds, -1 for none.
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
    "server": '"%s"',
    "bytes_in": "%U",
    "bytes_out": "%B",
    "total_ms": "%Ta",
    "queue_ms": "%Tw",
    "connect_ms": "%Tc",
    "server_ms": "%Tr",
    "retries": '"%rc"',  # "+1": one, on another server
    "ended": '"%ts"',  # HAProxy's two letters: who ended the request, and when
}


def render(proxy: Proxy) -> str:
    """Return the text of ``haproxy.cfg``."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["ms"] = milliseconds
    return environment.get_template("haproxy.cfg.j2").render(
        proxy=proxy,
        model=MODEL_NAME,
        service=GRPC_SERVICE,
        methods=GRPC_METHODS,
        grpc_status=_GRPC_STATUS,
        buffer=proxy.max_body + _HEAD_ROOM,
        left_behind=_LEFT_BEHIND,
        queues=list(queues(proxy)),
        socket=socket_path,
        log_format="{" + ",".join(f'"{name}":{value}' for name, value in _LOG_FIELDS.items()) + "}",
    )


def milliseconds(seconds: float) -> str:
    """A time as HAProxy reads it."""
    return f"{round(1000 * seconds)}ms"


def queues(proxy: Proxy) -> Iterator[str]:
    """The backends in which requests may wait."""
    protocols = ("http", "grpc") if proxy.grpc else ("http",)
    yield from protocols
    yield "large"
    for server in proxy.servers:
        yield from (f"large-{server.name}-{protocol}" for protocol in protocols)


def socket_path(proxy: Proxy, server: Server) -> Path:
    """Where the large requests of a server pass."""
    return proxy.run / f"large-{server.name}.sock"
