"""Asynchronous HTTP with httpx (the extra ``async``)."""

import asyncio
import ssl

from .._errors import MissingExtraError
from .._settings import Settings
from .base import Attempt, Reply
from .http import connection_failed, http_reply, http_request, timed_out

try:
    import httpx
except ImportError as error:
    message = "AsyncLukeQAClient needs the extra async: pip install luke_qa_client[async]"
    raise MissingExtraError(message) from error


class AsyncHttpTransport:
    """Persistent connections to one server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(
            verify=_verify(settings),
            timeout=None,  # httpx's applies to each read; ``send`` limits the whole request
            # Unbounded: there are never more connections than questions in flight, and each is kept open.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
            # A proxy cannot reach this machine's loopback. These entries override the environment's.
            mounts={"http://": None, "https://": None, "all://": None} if settings.target.loopback else None,
        )

    async def send(self, attempt: Attempt) -> Reply:
        request = http_request(self._settings, attempt)
        try:
            async with asyncio.timeout(attempt.timeout):
                response = await self._client.request(
                    request.method, request.url, headers=request.headers, content=request.body
                )
        except TimeoutError as error:
            raise timed_out(self._settings, attempt) from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise connection_failed(self._settings, attempt, error) from error
        retry_after = response.headers.get("Retry-After")
        return http_reply(self._settings, attempt, response.status_code, response.content, retry_after)

    async def close(self) -> None:
        await self._client.aclose()


def _verify(settings: Settings) -> ssl.SSLContext | bool:
    if settings.verify is not None:
        return ssl.create_default_context(cafile=settings.verify)
    return settings.target.secure  # loading the public certificates is slow, and plain HTTP does not need them
