"""The server's address."""

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
    """A server's address, parsed.

    Attributes:
        url: the address as given, without a trailing slash.
        grpc: whether to speak gRPC rather than HTTP.
        secure: whether to speak TLS.
        authority: ``host:port``, for gRPC.
        loopback: whether the host is this machine's loopback, which is reached without a proxy.
    """

    url: str
    grpc: bool
    secure: bool
    authority: str
    loopback: bool


def parse_target(base_url: str) -> Target:
    """Parse the address of a server.

    Raises:
        ValueError: it is not one; the message shows an example.
    """
    parts = urlsplit(base_url)
    name = parts.hostname or ""
    if parts.scheme not in _SCHEMES or not base_url.isprintable() or not _can_be_host(name):
        example = "http://127.0.0.1:8080 or grpc://127.0.0.1:7070"
        raise ValueError(f"{base_url!r} is not a server address. Use an address such as {example}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("A server address must not contain a user, query or fragment. Pass a token as token=.")
    grpc = parts.scheme.startswith("grpc")
    if grpc and parts.path.strip("/"):
        raise ValueError(f"{base_url!r} has a path. A gRPC address must not have one.")
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
    """Return whether ``host`` is a well-formed host name or an IP address.

    For any other, each HTTP and gRPC library would raise a different error.
    """
    if _number(host) is not None:
        return True
    try:
        plain = host.encode("idna")
        return _HOST.fullmatch(plain.decode()) is not None and plain.decode("idna") == host
    except UnicodeError:  # a label is empty or too long
        return False


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
