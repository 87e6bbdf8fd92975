"""The server's address."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

_GRPC_PORT: Final = 7070  # TorchServe's
_SCHEMES: Final = ("http", "https", "grpc", "grpcs")
_EXAMPLE: Final = "http://127.0.0.1:8080 or grpc://127.0.0.1:7070"
_MISSPELT_SCHEME: Final = re.compile(r"(https?|grpcs?)[:/]", re.IGNORECASE)
# What is pasted from a program that posts to the server by itself, and from a browser that looked at its health.
_PASTED_PATH: Final = re.compile(r"/(predictions(/(?P<model>[^/]*)(/(?P<version>[^/]+))?)?|ping)/?$")
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A server's address, parsed.

    Attributes:
        url: the address with its scheme, without a trailing slash and without the path of a prediction.
        grpc: whether to speak gRPC rather than HTTP.
        secure: whether to speak TLS.
        authority: ``host:port``, for gRPC.
        loopback: whether the host is this machine's loopback, which is reached without a proxy.
        model: the model that the address named, as ``…/predictions/luke-qa`` does; None if it named none.
    """

    url: str
    grpc: bool
    secure: bool
    authority: str
    loopback: bool
    model: str | None = None


def parse_target(base_url: str) -> Target:
    """Parse the address of a server: as it is documented, without its scheme, or with the path of a prediction.

    Raises:
        ValueError: it is not one; the message shows an example.
    """
    parts = urlsplit(_with_scheme(base_url.strip()))
    name = parts.hostname or ""
    if parts.scheme not in _SCHEMES or not base_url.strip().isprintable() or not _can_be_host(name):
        raise ValueError(f"{base_url!r} is not a server address. Use an address such as {_EXAMPLE}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("A server address must not contain a user, query or fragment. Pass a token as token=.")
    pasted = _PASTED_PATH.search(parts.path)
    if pasted and pasted["version"]:
        raise ValueError(f"{base_url!r} names a version of the model. Leave out /{pasted['version']}.")
    path = _PASTED_PATH.sub("", parts.path).rstrip("/")
    grpc = parts.scheme.startswith("grpc")
    if grpc and path:
        raise ValueError(f"{base_url!r} has a path. A gRPC address must not have one.")
    host = f"[{name}]" if ":" in name else name
    return Target(
        url=f"{parts.scheme}://{parts.netloc}{path}",
        grpc=grpc,
        secure=parts.scheme.endswith("s"),
        authority=f"{host}:{parts.port or _GRPC_PORT}",
        loopback=_is_loopback(name),
        model=unquote(pasted["model"] or "") or None if pasted else None,
    )


def _with_scheme(address: str) -> str:
    if "://" in address or _MISSPELT_SCHEME.match(address):
        return address
    return f"http://{address}"


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
