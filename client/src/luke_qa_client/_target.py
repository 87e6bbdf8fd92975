"""Where the server is."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_GRPC_PORT: Final = 7070  # TorchServe's
_SCHEMES: Final = ("http", "https", "grpc", "grpcs")
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)


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
    name = parts.hostname or ""
    if parts.scheme not in _SCHEMES or not base_url.isprintable() or not _can_be_host(name):
        example = "http://127.0.0.1:8080 or grpc://127.0.0.1:7070"
        raise ValueError(f"{base_url!r} is no server address; one looks like {example}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("A server address has no user, query or fragment; a token goes in token=.")
    grpc = parts.scheme.startswith("grpc")
    if grpc and parts.path.strip("/"):
        raise ValueError(f"{base_url!r} has a path, which gRPC addresses do not.")
    host = f"[{name}]" if ":" in name else name
    return Target(
        url=base_url.rstrip("/"),
        grpc=grpc,
        secure=parts.scheme.endswith("s"),
        authority=f"{host}:{parts.port or _GRPC_PORT}",
        loopback=_is_loopback(name),
    )


def _is_loopback(host: str) -> bool:
    number = _number(host)
    return host == "localhost" if number is None else number.is_loopback


def _can_be_host(host: str) -> bool:
    """Return whether this can be a host's name, or is its number.

    What cannot be would end every request, by each library in its own way.
    """
    if _number(host) is not None:
        return True
    try:
        plain = host.encode("idna")
        return _HOST.fullmatch(plain.decode()) is not None and plain.decode("idna") == host
    except UnicodeError:  # a part of it is empty or too long
        return False


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
