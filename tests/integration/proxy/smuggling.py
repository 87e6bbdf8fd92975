"""Requests whose end two readers might see at different places. A second request may be in what is left."""

from typing import Final

ASK: Final = "/predictions/luke-qa"
SMUGGLED: Final = b"GET /models HTTP/1.1\r\nHost: x\r\n\r\n"


def smuggling(*own: str) -> dict[str, bytes]:
    """The messages, by what is odd about them. Both requests of a message have the headers ``own``."""
    smuggled = "\r\n".join(["GET /models HTTP/1.1", "Host: x", *own, "", ""]).encode("latin-1")

    def post(*headers: str, body: bytes = b"", end: str = "\r\n") -> bytes:
        return end.join([f"POST {ASK} HTTP/1.1", "Host: x", *own, *headers, "", ""]).encode("latin-1") + body

    def get(line: str) -> bytes:
        return "\r\n".join([line, "Host: x", *own, "", ""]).encode("latin-1")

    return {
        "CL.TE": post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + smuggled),
        "TE.CL": post("Transfer-Encoding: chunked", "Content-Length: 4", body=_chunked(smuggled)),
        "TE.TE": post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=_chunked(smuggled)),
        "TE, spelled": post("Transfer-Encoding: xchunked", "Content-Length: 3", body=b"abc" + smuggled),
        "TE, blank before the colon": post("Transfer-Encoding : chunked", "Content-Length: 3", body=b"abc" + smuggled),
        "TE, folded": post("Transfer-Encoding:\r\n chunked", "Content-Length: 3", body=b"abc" + smuggled),
        "TE, with a vertical tab": post("Transfer-Encoding: \x0bchunked", "Content-Length: 3", body=b"abc" + smuggled),
        "TE in HTTP/1.0": post("Transfer-Encoding: chunked", body=_chunked(smuggled)).replace(
            b"HTTP/1.1", b"HTTP/1.0", 1
        ),
        "two lengths": post("Content-Length: 0", f"Content-Length: {len(smuggled)}", body=smuggled),
        "a list of lengths": post(f"Content-Length: 0, {len(smuggled)}", body=smuggled),
        "a signed length": post("Content-Length: +3", body=b"abc" + smuggled),
        "a negative length": post("Content-Length: -1", body=smuggled),
        "a length in hex": post("Content-Length: 0x3", body=b"abc" + smuggled),
        "a huge length": post(f"Content-Length: {2**64 + 3}", body=b"abc" + smuggled),
        "an empty length": post("Content-Length:", body=smuggled),
        "a chunk's extension": post("Transfer-Encoding: chunked", body=b"0;x\r\n\r\n" + smuggled),
        "a chunk of a negative size": post("Transfer-Encoding: chunked", body=b"-1\r\n" + smuggled),
        "a chunk of a huge size": post("Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\n" + smuggled),
        "chunks that end in LF": post("Transfer-Encoding: chunked", body=b"3\nabc\n0\n\n" + smuggled),
        "lines that end in LF": post("Content-Length: 0", body=smuggled, end="\n"),
        "lines that end in CR": post("Content-Length: 0", body=smuggled, end="\r"),
        "a header of a request line": post("X: y\r\n\r\nGET /models HTTP/1.1\r\nHost: x"),
        "a NUL in a header": post("X: a\x00b", body=smuggled),
        "no colon": post("Nonsense", body=smuggled),
        "a request after another": post("Content-Length: 3", body=b"abc" + smuggled),
        "an HTTP/0.9 request": b"GET /models\r\n\r\n",
        "the beginning of HTTP/2": get("PRI * HTTP/2.0") + smuggled,
        "HTTP/1.2": get("GET /models HTTP/1.2"),
        "a blank in the address": get("GET /ready /models HTTP/1.1"),
        "two addresses": get("GET /ready HTTP/1.1 /models HTTP/1.1"),
        "the PROXY protocol": b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + smuggled,
    }


def _chunked(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
