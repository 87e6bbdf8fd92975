"""The errors: one hierarchy for HTTP and gRPC.

LukeQAError
├── TransportError             no reply arrived in time; retrying is safe
│   ├── ConnectionFailedError  the server cannot be reached, or the connection broke
│   └── TimedOutError          ``timeout``, ``total_timeout`` or ``deadline_ms`` passed
├── ReplyError                 the server replied, but not with an answer
│   ├── BadRequestError        the request is invalid; ``field`` names the part
│   ├── AuthenticationError    the token is missing, wrong or expired, or cannot be read
│   ├── NotFoundError          no such model, or no such server at this address
│   ├── TooLargeError          a string, a list or the whole request exceeds a limit
│   ├── OverloadedError        the queue is full or too slow, or no server is ready; retry later
│   └── ServerError            the server failed, or sent an invalid reply
└── MissingExtraError          an optional part of this package is not installed

A failure that may be temporary (ConnectionFailedError, OverloadedError, ServerError with a 5xx status) is retried until
``total_timeout`` has run out, and a TimedOutError once. Then the last error is raised; ``tries`` is the number of
attempts.
"""


class LukeQAError(Exception):
    """The base class of all errors of this package.

    Attributes:
        message: what went wrong, in one sentence.
        status: the HTTP status, or its equivalent over gRPC; None if no reply arrived.
        type: the server's machine-readable name for the error, such as ``invalid_option``; None if it gave none.
        field: the invalid field of the request, such as ``top_k``; None if the error is not about a field.
        request_id: the id of the request; None outside a request.
        retry_after: seconds that the server asks the client to wait before a retry; None if it gave none.
        tries: the number of attempts; this is the error of the last one.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type: str | None = None,
        field: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)  # the only positional argument: unpickling passes it alone
        self.message = message
        self.status = status
        self.type = type
        self.field = field
        self.request_id = request_id
        self.retry_after = retry_after
        self.tries = 1

    def __str__(self) -> str:
        details = {
            "status": self.status,
            "type": self.type,
            "field": self.field,
            "request": self.request_id,
            "tries": self.tries if self.tries > 1 else None,
        }
        known = ", ".join(f"{name} {value}" for name, value in details.items() if value is not None)
        return f"{self.message} [{known}]" if known else self.message


class TransportError(LukeQAError):
    """No reply arrived in time. The server may or may not have computed the answer."""


class ConnectionFailedError(TransportError):
    """The server cannot be reached, or the connection broke before the reply was complete."""


class TimedOutError(TransportError):
    """The client stopped waiting (status None), or the server or a proxy did (408, 504)."""


class ReplyError(LukeQAError):
    """The server replied, but not with an answer."""


class BadRequestError(ReplyError):
    """The request is invalid (400; ``field`` names the part), or has killed workers before (422)."""


class AuthenticationError(ReplyError):
    """The key is missing, wrong or expired (401 from a proxy, 400 from TorchServe), or cannot be read (status None)."""


class NotFoundError(ReplyError):
    """The server has no such model or address (404)."""


class TooLargeError(ReplyError):
    """The question, the context, a list or the whole request exceeds a limit (413)."""


class OverloadedError(ReplyError):
    """The queue is full (429, 503) or too slow (504 ``queue_timeout``), or no server is ready (503).

    Nothing was computed. The same request may succeed later.
    """


class ServerError(ReplyError):
    """The server failed (5xx), or its reply does not follow the protocol."""


class MissingExtraError(LukeQAError, ImportError):
    """An extra of this package is needed but not installed; the message names it."""
