"""The interface of every transport."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: what to send, with which key, and how long to wait for the reply.

    Attributes:
        body: the native request as JSON; None asks for the server's health.
        request_id: the request's id, which is also in the body; None for a health request.
        token: the inference key; None sends none.
        timeout: seconds.
    """

    body: bytes | None = field(repr=False)
    request_id: str | None
    token: str | None = field(repr=False)
    timeout: float


@dataclass(frozen=True, slots=True)
class Reply:
    """The server's reply, unparsed.

    Attributes:
        status: the HTTP status; 200 for a successful gRPC call.
        body: the raw bytes.
        retry_after: the header of this name, unparsed.
    """

    status: int
    body: bytes
    retry_after: str | None = None


class Transport(Protocol):
    """Sends requests. It never retries, and returns every reply, regardless of its status."""

    def send(self, attempt: Attempt) -> Reply:
        """Send, and wait for the reply.

        Raises:
            TransportError: no reply arrived.
            ReplyError: the gRPC status is an error; gRPC has its own status besides the body's.
        """

    def close(self) -> None:
        """Close the connections."""


class AsyncTransport(Protocol):
    """The asynchronous ``Transport``."""

    async def send(self, attempt: Attempt) -> Reply:
        """Send, and wait for the reply; see ``Transport.send``."""

    async def close(self) -> None:
        """Close the connections."""
