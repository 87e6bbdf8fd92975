"""A reply by requests within its time, head and body: a socket's timeout begins anew with every packet."""

import io
import time
from functools import cache
from http.client import HTTPResponse
from socket import socket
from typing import Any

from requests.adapters import HTTPAdapter


class DeadlineAdapter(HTTPAdapter):
    """As requests' own, but that what a socket may wait when its reply begins to be read is for all of the reply."""

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
            self.fp = io.BufferedReader(_Until(time.monotonic() + left, sock, self.fp.detach()))


class _Until(io.RawIOBase):
    """What a socket receives before `ends`."""

    def __init__(self, ends: float, sock: socket, stream: io.RawIOBase) -> None:
        self._ends = ends
        self._sock = sock
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()
