"""HTTP, whichever library carries it: what is sent, and which error it is when no reply comes. No I/O."""

import ssl
from dataclasses import dataclass, field
from os import strerror
from urllib.parse import quote

from ._errors import ConnectionFailedError, TimedOutError
from ._settings import Settings
from ._statuses import UNTRUSTED
from ._transport import Attempt


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as HTTP has it."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)  # the key is among them
    body: bytes | None = field(repr=False)


def http_request(settings: Settings, attempt: Attempt) -> HttpRequest:
    """Return what to send."""
    url = settings.target.url
    headers = {} if attempt.token is None else {"Authorization": f"Bearer {attempt.token}"}
    if attempt.body is None:
        return HttpRequest("GET", f"{url}/ping", headers, None)
    headers["Content-Type"] = "application/json"
    return HttpRequest("POST", f"{url}/predictions/{quote(settings.model, safe='')}", headers, attempt.body)


def timed_out(settings: Settings, attempt: Attempt) -> TimedOutError:
    """Return the error for a reply that did not come in time."""
    message = f"No reply came from {settings.target.url} within {attempt.timeout:.3g} s."
    return TimedOutError(message, request_id=attempt.request_id)


def connection_failed(settings: Settings, attempt: Attempt, error: BaseException) -> ConnectionFailedError:
    """Return the error for a connection that could not be made, or broke."""
    cause = _bottom(error)
    return ConnectionFailedError(
        f"The connection to {settings.target.url} failed: {_reason(cause)}.",
        type=UNTRUSTED if isinstance(cause, ssl.SSLCertVerificationError) else None,
        request_id=attempt.request_id,
    )


def _bottom(error: BaseException) -> BaseException:
    """Return the operating system's or TLS's own error if there is one below this, else the lowest."""
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
        return strerror(cause.errno)  # asyncio puts an address in the place of the system's sentence
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
