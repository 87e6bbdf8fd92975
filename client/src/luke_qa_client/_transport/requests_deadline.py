"""A timeout for the whole reply with requests. A socket's own timeout restarts with every packet."""

import io
import time
from functools import cache
from http.client import HTTPResponse
from socket import socket
from typing import Any

from requests.adapters import HTTPAdapter


class DeadlineAdapter(HTTPAdapter):
    """An ``HTTPAdapter`` whose read timeout covers the whole reply, head and body.

    The time starts when reading of the reply begins.
    """

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*arguments, **named)
        pool.ConnectionCls = _with_deadline(type(pool).ConnectionCls)
        return pool


@cache
def _with_deadline(connection: type) -> type:
    return type(connection.__name__, (connection,), {"response_class": _Response})


class _Response(HTTPResponse):
    def __init__(self, sock: socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        left = sock.gettimeout()
        if left is not None:
            self.fp = io.BufferedReader(_UntilDeadline(time.monotonic() + left, sock, self.fp.detach()))


class _UntilDeadline(io.RawIOBase):
    """The bytes that a socket receives before ``deadline`` (monotonic seconds)."""

    def __init__(self, deadline: float, sock: socket, stream: io.RawIOBase) -> None:
        self._deadline = deadline
        self._sock = sock
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()
