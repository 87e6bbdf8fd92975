"""What the HTTP transports share: the request to send, the reply, and the error if none arrives. No I/O."""

import ssl
from dataclasses import dataclass, field
from http.client import BadStatusLine, RemoteDisconnected
from os import strerror
from urllib.parse import quote

from .._errors import ConnectionFailedError, TimedOutError
from .._settings import Settings
from .._statuses import UNTRUSTED, WRONG_PROTOCOL
from . import open_inference
from .base import Attempt, Reply
from .trace_context import trace_headers


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The parts of an HTTP request."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)  # they include the key
    body: bytes | None = field(repr=False)


def http_request(settings: Settings, attempt: Attempt) -> HttpRequest:
    """Return the HTTP request for one attempt."""
    url, model = settings.target.http_url, quote(settings.model, safe="")
    headers = {} if attempt.token is None else {"Authorization": f"Bearer {attempt.token}"}
    if settings.target.open_inference:
        url = f"{url}/v2/models/{model}"
        if attempt.body is None:
            return HttpRequest("GET", f"{url}/ready", headers, None)
        headers |= {"Content-Type": "application/json", **trace_headers()}
        return HttpRequest("POST", f"{url}/infer", headers, open_inference.request_body(attempt))
    if attempt.body is None:
        return HttpRequest("GET", f"{url}/ping", headers, None)
    headers |= {"Content-Type": "application/json", **trace_headers()}
    return HttpRequest("POST", f"{url}/predictions/{model}", headers, attempt.body)


def http_reply(settings: Settings, attempt: Attempt, status: int, body: bytes, retry_after: str | None) -> Reply:
    """Return the reply as the server's own protocol would have it."""
    reply = Reply(status, body, retry_after)
    return open_inference.read_reply(reply, attempt) if settings.target.open_inference else reply


def timed_out(settings: Settings, attempt: Attempt) -> TimedOutError:
    """Return the error for a reply that did not arrive in time."""
    message = f"No reply from {settings.target.url} within {attempt.timeout:.3g} s."
    return TimedOutError(message, request_id=attempt.request_id)


def connection_failed(settings: Settings, attempt: Attempt, error: BaseException) -> ConnectionFailedError:
    """Return the error for a connection that could not be opened, or broke."""
    cause = _root_cause(error)
    if advice := _find_other_protocol(settings, cause):
        return ConnectionFailedError(advice, type=WRONG_PROTOCOL, request_id=attempt.request_id)
    return ConnectionFailedError(
        f"The connection to {settings.target.url} failed: {_reason(cause)}.",
        type=UNTRUSTED if isinstance(cause, ssl.SSLCertVerificationError) else None,
        request_id=attempt.request_id,
    )


def _find_other_protocol(settings: Settings, cause: BaseException) -> str | None:
    """Return what to write if the port speaks another protocol than the address says; None if it speaks the same."""
    url = settings.target.url
    address = url.partition("://")[2]
    if isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER":
        return f"The server at {url} does not speak TLS. Use http://{address}."
    garbled = isinstance(cause, BadStatusLine) and not isinstance(cause, RemoteDisconnected)
    if garbled or str(cause).startswith("illegal "):  # the latter is httpx's, of a line that is no status line
        return f"The server at {url} does not speak HTTP. If this is TorchServe's gRPC port, use grpc://{address}."
    return None


def _root_cause(error: BaseException) -> BaseException:
    """Return the first error in the chain that comes from the operating system or TLS, else the last in the chain."""
    while not (isinstance(error, OSError) and error.strerror):
        below = error.__cause__ or error.__context__
        if below is None:
            break
        error = below
    return error


def _reason(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({cause.verify_message.rstrip('.')})"
    if isinstance(cause, ConnectionError) and cause.errno:
        return strerror(cause.errno)  # asyncio replaces the system's message with one that contains an address
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
