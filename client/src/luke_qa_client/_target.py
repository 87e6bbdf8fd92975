"""The server's address."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class _Scheme:
    """What a scheme says, and the port if the address has none."""

    grpc: bool = False
    secure: bool = False
    open_inference: bool = False
    port: int = 7070  # TorchServe's for gRPC


_SCHEMES: Final = {
    "http": _Scheme(),
    "https": _Scheme(secure=True),
    "grpc": _Scheme(grpc=True),
    "grpcs": _Scheme(grpc=True, secure=True),
    "triton": _Scheme(open_inference=True, port=8000),
    "tritons": _Scheme(secure=True, open_inference=True, port=443),
    "triton+grpc": _Scheme(grpc=True, open_inference=True, port=8001),
    "triton+grpcs": _Scheme(grpc=True, secure=True, open_inference=True, port=8001),
}
_EXAMPLE: Final = "http://127.0.0.1:8080, grpc://127.0.0.1:7070 or triton://127.0.0.1:8000"
_MISSPELT_SCHEME: Final = re.compile(r"(https?|grpcs?|tritons?)[:/]", re.IGNORECASE)
# What is pasted from a program that posts to the server by itself, and from a browser that looked at its health.
_PASTED_PATH: Final = re.compile(r"/(predictions(/(?P<model>[^/]*)(/(?P<version>[^/]+))?)?|ping)/?$")
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A server's address, parsed.

    Attributes:
        url: the address with its scheme, without a trailing slash and without the path of a prediction.
        http_url: the address of requests over HTTP.
        grpc: whether to speak gRPC rather than HTTP.
        open_inference: whether to speak the open inference protocol (v2), as Triton does, rather than TorchServe's.
        secure: whether to speak TLS.
        authority: ``host:port``, for gRPC.
        loopback: whether the host is this machine's loopback, which is reached without a proxy.
        model: the model that the address named, as ``…/predictions/luke-qa`` does; None if it named none.
    """

    url: str
    http_url: str
    grpc: bool
    open_inference: bool
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
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not base_url.strip().isprintable() or not _can_be_host(name):
        raise ValueError(f"{base_url!r} is not a server address. Use an address such as {_EXAMPLE}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("A server address must not contain a user, query or fragment. Pass a token as token=.")
    pasted = _PASTED_PATH.search(parts.path)
    if pasted and pasted["version"]:
        raise ValueError(f"{base_url!r} names a version of the model. Leave out /{pasted['version']}.")
    path = _PASTED_PATH.sub("", parts.path).rstrip("/")
    if scheme.grpc and path:
        raise ValueError(f"{base_url!r} has a path. A gRPC address must not have one.")
    host = f"[{name}]" if ":" in name else name
    url = f"{parts.scheme}://{parts.netloc}{path}"
    return Target(
        url=url,
        http_url=_open_inference_url(scheme, host, parts, path) if scheme.open_inference else url,
        grpc=scheme.grpc,
        open_inference=scheme.open_inference,
        secure=scheme.secure,
        authority=f"{host}:{parts.port or scheme.port}",
        loopback=_is_loopback(name),
        model=unquote(pasted["model"] or "") or None if pasted else None,
    )


def _with_scheme(address: str) -> str:
    if "://" in address or _MISSPELT_SCHEME.match(address):
        return address
    return f"http://{address}"


def _open_inference_url(scheme: _Scheme, host: str, parts: SplitResult, path: str) -> str:
    return f"http{'s' * scheme.secure}://{host}:{parts.port or scheme.port}{path}"


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
