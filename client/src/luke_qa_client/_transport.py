"""Where the server is, and the narrow waist between the client and the network."""

import ipaddress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from ._reply import Reply
from ._request import AskRequest

_GRPC_PORT = 7070  # TorchServe's
_SCHEMES = ("http", "https", "grpc", "grpcs")


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


class Transport(Protocol):
    """Carries requests. It has no policy: every reply comes back, whatever it says.

    What hinders a reply is raised as an error of this package: TransportError, or, since gRPC
    has its own statuses beside the body's, a ReplyError.
    """

    def ask(self, request: AskRequest) -> Reply:
        """Send a question, wait for the reply."""

    def ping(self) -> Reply:
        """Ask for the server's health, wait for the reply."""

    def close(self) -> None:
        """Let go of the connections."""


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


def open_transport(target: Target, *, model: str, token: str | None, timeout: float) -> Transport:
    """Return a transport to `target`. The libraries that it needs are imported here, not before."""
    if target.grpc:
        from ._grpc import GrpcTransport

        return GrpcTransport(target, model=model, token=token, timeout=timeout)
    from ._http import HttpTransport

    return HttpTransport(target, model=model, token=token, timeout=timeout)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
