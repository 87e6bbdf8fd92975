"""The narrow waist between the policy and the network."""

from dataclasses import dataclass, field
from typing import Protocol

from ._reply import Reply
from ._settings import Settings


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: what goes over the wire, as whom, and for how long its reply is waited for.

    Attributes:
        body: the native request as JSON; None asks for the server's health.
        request_id: the request's id, also in the body; None for the health.
        token: the inference key; None sends none.
        timeout: seconds.
    """

    body: bytes | None = field(repr=False)
    request_id: str | None
    token: str | None = field(repr=False)
    timeout: float


class Transport(Protocol):
    """Carries requests. It has no policy: every reply comes back, whatever it says.

    What hinders a reply is raised as an error of this package: TransportError, or, since gRPC
    has its own statuses beside the body's, a ReplyError.
    """

    def send(self, attempt: Attempt) -> Reply:
        """Send, wait for the reply."""

    def close(self) -> None:
        """Let go of the connections."""


class AsyncTransport(Protocol):
    """As `Transport`, without blocking."""

    async def send(self, attempt: Attempt) -> Reply:
        """Send, wait for the reply."""

    async def close(self) -> None:
        """Let go of the connections."""


def open_transport(settings: Settings) -> Transport:
    """Return a transport to the target. The libraries that it needs are imported here, not before."""
    if settings.target.grpc:
        from ._grpc import GrpcTransport

        return GrpcTransport(settings)
    from ._http import HttpTransport

    return HttpTransport(settings)


def open_async_transport(settings: Settings) -> AsyncTransport:
    """As `open_transport`, for a client that does not block."""
    if settings.target.grpc:
        from ._grpc import AsyncGrpcTransport

        return AsyncGrpcTransport(settings)
    from ._httpx import AsyncHttpTransport

    return AsyncHttpTransport(settings)
