"""Requests to the bit, as no client library would send them: HTTP/1.1 and HTTP/2 over TLS."""

import socket
import ssl
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS, _HEADERS, _DATA, _GOAWAY, _RST, _PING = 4, 1, 0, 7, 3, 6
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Reply:
    """The first response to what was sent: its status (None: none came), its body and the rest of the bytes."""

    status: int | None
    body: bytes = b""


def connect(address: str, protocol: str) -> ssl.SSLSocket:
    """Open a connection for ``http/1.1`` or ``h2``, to whomever the certificate belongs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    host, _, port = address.rpartition(":")
    while True:
        plain = socket.create_connection((host, int(port)), timeout=10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return context.wrap_socket(plain, server_hostname="qa.example")
        except (ConnectionResetError, ssl.SSLEOFError):  # on a busy machine it came too late; nothing has been sent
            plain.close()


def send_http1(address: str, message: bytes) -> list[Reply]:
    """Send ``message`` and then no more; return every response until the proxy hangs up."""
    with connect(address, "http/1.1") as connection:
        return _replies(_exchange(connection, message))


def send_http2(address: str, headers: Sequence[Header], body: bytes | None = None) -> bytes:
    """Send one request with exactly these headers, pseudo-headers among them; return the bytes that came back."""
    block = b"".join(b"\x00" + _text(name) + _text(value) for name, value in headers)
    message = _PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(_SETTINGS, _ACK, 0, b"")
    message += _frame(_HEADERS, _END_HEADERS | (_END_STREAM if body is None else 0), 1, block)
    if body is not None:
        message += _frame(_DATA, _END_STREAM, 1, body)
    with connect(address, "h2") as connection:
        connection.sendall(message)
        received = b""
        while not _is_over(received):
            try:
                part = connection.recv(65536)
            except OSError:
                break
            if not part:
                break
            received += part
        return received


def _exchange(connection: ssl.SSLSocket, message: bytes) -> bytes:
    received = b""
    try:
        connection.sendall(message)
        while part := connection.recv(65536):
            received += part
    except OSError:
        pass
    return received


def _replies(received: bytes) -> list[Reply]:
    replies = []
    while received.startswith(b"HTTP/1"):
        head, _, rest = received.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        replies.append(Reply(int(head.split()[1]), rest[:length]))
        received = rest[length:]
    return replies


def _is_over(received: bytes) -> bool:
    """Whether the stream, or the connection, has ended."""
    while len(received) >= 9:
        length, kind, flags = int.from_bytes(received[:3]), received[3], received[4]
        if kind in (_GOAWAY, _RST) or (kind in (_HEADERS, _DATA) and flags & _END_STREAM):
            return len(received) >= 9 + length
        received = received[9 + length :]
    return False


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def _text(text: bytes) -> bytes:
    """A string of HPACK, not compressed."""
    length = len(text)
    if length < 127:
        return bytes([length]) + text
    length -= 127
    prefix = [127]
    while length >= 128:
        prefix.append(length % 128 + 128)
        length //= 128
    return bytes([*prefix, length]) + text


@dataclass(frozen=True)
class Stream:
    """What came back over one stream of HTTP/2: a body, and whether the stream was reset."""

    body: bytes
    reset: bool


def send_http2_in_two(address: str, headers: Sequence[Header], body: bytes | None) -> Stream:
    """Send the headers without TLS, give the proxy time to answer them, and then send the body; None: never."""
    block = b"".join(b"\x00" + _text(name) + _text(value) for name, value in headers)
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(_SETTINGS, _ACK, 0, b""))
        connection.sendall(_frame(_HEADERS, _END_HEADERS, 1, block))
        time.sleep(0.2)
        if body is not None:
            connection.sendall(_frame(_DATA, _END_STREAM, 1, body))
        content, is_reset, ended = b"", False, False
        with connection.makefile("rb") as reader:
            while head := reader.read(9):
                payload, kind = reader.read(int.from_bytes(head[:3])), head[3]
                content += payload if kind == _DATA else b""
                is_reset = is_reset or kind == _RST
                if kind in (_HEADERS, _DATA, _RST) and (kind == _RST or head[4] & _END_STREAM) and not ended:
                    # A reset would come before the answer to this.
                    connection.sendall(_frame(_PING, 0, 0, bytes(8)))
                    ended = True
                if kind in (_PING, _GOAWAY):
                    break
        return Stream(content, is_reset)
