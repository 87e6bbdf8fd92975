"""The errors: one tree, the same over HTTP and gRPC.

LukeQAError
├── TransportError             no reply came in time; asking again is safe
│   ├── ConnectionFailedError  the server cannot be reached, or the connection broke
│   └── TimedOutError          ``timeout``, ``total_timeout`` or ``deadline_ms`` passed
├── ReplyError                 the server replied, but not with an answer
│   ├── BadRequestError        the request is wrong; ``field`` says where
│   ├── AuthenticationError    the token is missing, wrong or expired, or cannot be read
│   ├── NotFoundError          no such model, or no such server at this address
│   ├── TooLargeError          a text, a list or the whole request is beyond a limit
│   ├── OverloadedError        the queue is full; ask again later
│   └── ServerError            a fault of the server, or a reply that is not understood
└── MissingExtraError          an optional part of this package is not installed

What may pass by itself (TransportError, OverloadedError of a full queue, ServerError of a status 5xx) has been tried
until ``total_timeout`` before it is raised; ``tries`` says how often.
"""


class LukeQAError(Exception):
    """What every error of this package is.

    Attributes:
        message: a sentence for a person.
        status: the HTTP status, or over gRPC its equivalent; None when no reply came.
        type: the server's machine-readable name of the error, for example ``invalid_option``;
            None when it gave none.
        field: the request's field that is wrong, for example ``top_k``; None when it is not one.
        request_id: the id under which the request was sent; None outside of a request.
        retry_after: seconds after which the server wants to be asked again; None when it did not say.
        tries: how often the request was sent; this is the error of the last time.
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
        super().__init__(message)  # the sole positional argument, which is what pickling repeats
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
    """No reply came in time. The question may or may not have been computed."""


class ConnectionFailedError(TransportError):
    """The server cannot be reached, or the connection broke before the reply was whole."""


class TimedOutError(TransportError):
    """The client stopped waiting (status None), or the server found the deadline past (504)."""


class ReplyError(LukeQAError):
    """The server replied, but not with an answer."""


class BadRequestError(ReplyError):
    """The request is wrong (400); ``field`` names the part that is."""


class AuthenticationError(ReplyError):
    """The token is missing, wrong or expired (TorchServe says so with status 400), or cannot be read (status None)."""


class NotFoundError(ReplyError):
    """There is no such model or address on the server (404)."""


class TooLargeError(ReplyError):
    """The question, the context, a list or the whole request is beyond a limit (413)."""


class OverloadedError(ReplyError):
    """The server has no room in its queue (503, 429). The same request may succeed later."""


class ServerError(ReplyError):
    """The server failed (5xx), or its reply is not what the protocol says."""


class MissingExtraError(LukeQAError, ImportError):
    """An optional part of this package is needed and not installed; the message says which."""
