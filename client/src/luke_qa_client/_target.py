"""Where the server is."""

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_GRPC_PORT: Final = 7070  # TorchServe's
_SCHEMES: Final = ("http", "https", "grpc", "grpcs")


@dataclass(frozen=True, slots=True)
class Target:
    """A server's address, looked into.

    Attributes:
        url: the address as given, without a slash at its end.
        grpc: whether to speak gRPC rather than HTTP.
        secure: whether to speak TLS.
        authority: ``host:port``, for gRPC.
        loopback: whether the host is this machine by name or number; proxies are for others.
    """

    url: str
    grpc: bool
    secure: bool
    authority: str
    loopback: bool


def parse_target(base_url: str) -> Target:
    """Return where `base_url` points.

    Raises:
        ValueError: it is no address of a server; the message says what one looks like.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        example = "http://127.0.0.1:8080 or grpc://127.0.0.1:7070"
        raise ValueError(f"{base_url!r} is no server address; one looks like {example}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("A server address has no user, query or fragment; a token goes in token=.")
    grpc = parts.scheme.startswith("grpc")
    if grpc and parts.path.strip("/"):
        raise ValueError(f"{base_url!r} has a path, which gRPC addresses do not.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Target(
        url=base_url.rstrip("/"),
        grpc=grpc,
        secure=parts.scheme.endswith("s"),
        authority=f"{host}:{parts.port or _GRPC_PORT}",
        loopback=_is_loopback(parts.hostname),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
