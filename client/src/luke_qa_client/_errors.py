"""The errors: one tree for HTTP and gRPC.

LukeQAError
├── TransportError             no reply came in time; asking again is safe
│   ├── ConnectionFailedError  the server cannot be reached, or the connection broke
│   └── TimedOutError          ``timeout``, ``total_timeout`` or ``deadline_ms`` passed
├── ReplyError                 the server replied, but not with an answer
│   ├── BadRequestError        the request is wrong; ``field`` says where
│   ├── AuthenticationError    the token is missing, wrong or expired, or cannot be read
│   ├── NotFoundError          no such model, or no such server at this address
│   ├── TooLargeError          a text, a list or the whole request is beyond a limit
│   ├── OverloadedError        the queue is full, or no server is ready; ask again later
│   └── ServerError            a fault of the server, or a reply that is not understood
└── MissingExtraError          an optional part of this package is not installed

Failures that may be temporary (a ConnectionFailedError, an OverloadedError, a ServerError with a 5xx status) are
retried until ``total_timeout`` before they are raised, and a TimedOutError once; ``tries`` is the number of tries.
"""


class LukeQAError(Exception):
    """The base class of all errors of this package.

    Attributes:
        message: what went wrong, in one sentence.
        status: the HTTP status, or its equivalent over gRPC; None if no reply came.
        type: the server's machine-readable name for the error, such as ``invalid_option``; None if it gave none.
        field: the field of the request that is wrong, such as ``top_k``; None if the error is not about a field.
        request_id: the id of the request; None outside of a request.
        retry_after: seconds after which the server asks for a retry; None if it did not say.
        tries: how often the request was sent; this is the error of the last try.
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
    """No reply came in time. The server may or may not have computed the answer."""


class ConnectionFailedError(TransportError):
    """The server cannot be reached, or the connection broke before the reply was complete."""


class TimedOutError(TransportError):
    """The client stopped waiting (status None), or the server or a proxy did (408, 504)."""


class ReplyError(LukeQAError):
    """The server replied, but not with an answer."""


class BadRequestError(ReplyError):
    """The request is wrong (400; ``field`` says where), or workers died over it (422)."""


class AuthenticationError(ReplyError):
    """The key is missing, wrong or expired (401 from a proxy, 400 from TorchServe), or cannot be read (status None)."""


class NotFoundError(ReplyError):
    """The server has no such model or address (404)."""


class TooLargeError(ReplyError):
    """The question, the context, a list or the whole request exceeds a limit (413)."""


class OverloadedError(ReplyError):
    """The queue is full (429, 503), or no server is ready (503). The same request may succeed later."""


class ServerError(ReplyError):
    """The server failed (5xx), or its reply does not follow the protocol."""


class MissingExtraError(LukeQAError, ImportError):
    """An extra of this package is needed but not installed; the message names it."""
