"""The choice of a transport. Each implementation is imported only when it is chosen: some need an extra."""

from .._settings import Settings
from .base import AsyncTransport, Transport


def open_transport(settings: Settings) -> Transport:
    """Return a blocking transport to the server.

    Raises:
        MissingExtraError: it needs an extra that is not installed.
    """
    if settings.target.grpc:
        from .grpc import GrpcTransport

        return GrpcTransport(settings)
    from .http_requests import HttpTransport

    return HttpTransport(settings)


def open_async_transport(settings: Settings) -> AsyncTransport:
    """Return an asynchronous transport to the server.

    Raises:
        MissingExtraError: it needs an extra that is not installed.
    """
    if settings.target.grpc:
        from .grpc import AsyncGrpcTransport

        return AsyncGrpcTransport(settings)
    from .http_httpx import AsyncHttpTransport

    return AsyncHttpTransport(settings)
