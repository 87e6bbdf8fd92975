"""Every kind of request that cannot be answered: as HTTP, as JSON, as fields, and in the value of every field."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from luke_qa.errors import RequestError
from luke_qa.request import parse_request
from luke_qa.schema import NativeRequest, TaskInputs, TaskParameters
from luke_qa.settings import Settings

PATH = "/predictions/luke-qa"
MAX_TOKENS = 512
TEXTS: Mapping[str, Any] = {"question": "好きな食べ物は何ですか", "context": "私は苺が好きです。"}
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**9,
    1e308,
    0.5,
    "",
    "x",
    "\ud800",
    [],
    [1],
    [[]],
    {},
    {"a": 1},
    "x" * 5000,
)

# Bodies that are no JSON object.
BODIES = (
    b"",
    b" ",
    b"{",
    b"}",
    b"[]",
    b"null",
    b"1",
    b'"a"',
    b"NaN",
    b"\x00",
    b"\xff\xfe",
    "{}".encode("utf-16"),
    b'{"question": "a", "context": "\xff"}',
    b'{"question": "a", "context": "a",}',
    b"{'question': 'a', 'context': 'a'}",
    b'{"question": "a" "context": "a"}',
    b"question=a",
    b"[" * 10_000,
    b'{"a":' * 3_000,
    b'{"question": "a", "context": "a", "top_k": ' + b"9" * 5_000 + b"}",
)


def fields() -> Iterator[dict[str, Any]]:
    """Yield JSON objects of which the server accepts none."""
    task = {"inputs": TEXTS}
    candidates: list[dict[str, Any]] = [
        {},
        {"question": "a"},
        {"context": "a"},
        {**TEXTS, "surprise": 1},
        {"inputs": 1},
    ]
    candidates += [{**TEXTS, name: value} for name in NativeRequest.model_fields for value in WRONG]
    candidates += [{"inputs": {**TEXTS, name: value}} for name in TaskInputs.model_fields for value in WRONG]
    candidates += [{**task, "parameters": {name: value}} for name in TaskParameters.model_fields for value in WRONG]
    candidates += [{**task, name: value} for name in ("parameters", "options") for value in WRONG] + [{**task, **TEXTS}]
    for each in candidates:
        try:
            parse_request(each, Settings(), MAX_TOKENS)
        except RequestError:
            yield each


def posted(body: bytes, *headers: str) -> bytes:
    """Return the request that posts ``body``."""
    lines = [f"POST {PATH} HTTP/1.1", "Host: chaos", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _line(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([line, *headers, "", ""]).encode("latin-1") + body


def http_requests() -> Iterator[bytes]:
    """Yield requests that are wrong before their body is read."""
    body = json.dumps(TEXTS).encode()
    post, host, length = f"POST {PATH} HTTP/1.1", "Host: chaos", f"Content-Length: {len(body)}"
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "post", "BREW"):
        yield _line(f"{method} {PATH} HTTP/1.1", host, "Content-Length: 0")
    for path in (
        "/",
        "/predictions",
        f"{PATH}/",
        f"{PATH}/9",
        "/models",
        "/metrics",
        "/../etc",
        "*",
        "x",
        "/%zz",
        "/" + "x" * 9000,
    ):
        yield _line(f"POST {path} HTTP/1.1", host, length, body=body)
    yield _line("POST", host)
    yield _line("\x16\x03\x01\x02\x00\x01")  # TLS
    yield _line("PRI * HTTP/2.0", "", "SM")
    yield _line(f"POST {PATH} HTTP/9.9", host, length, body=body)
    yield _line(post, length, body=body)  # no host
    yield _line(post, host, host, length, body=body)
    yield _line(post, host)  # no length, no body
    yield _line(post, host, length, "Content-Length: 1", body=body)
    yield _line(post, host, length, "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    yield _line(post, host, "Content-Length: -1")
    yield _line(post, host, "Content-Length: x")
    yield _line(post, host, "Content-Length: 99999999999999999999")
    yield _line(post, host, "Transfer-Encoding: chunked", body=b"zz\r\n")
    yield _line(post, host, "Transfer-Encoding: gzip", body=body)
    yield _line(post, host, length, "Expect: miracles", body=body)
    yield _line(post, host, length, "X: " + "x" * 20_000, body=body)
    yield _line(post, host, length, *(f"X-{number}: x" for number in range(200)), body=body)
    yield _line(post, host, length, "no colon", body=body)
    yield _line(post, host, length, "X: a\x00b", body=body)
    for kind in ("", "text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x"):
        yield posted(b'{"question": 1}', f"Content-Type: {kind}")
    for encoding in ("gzip", "deflate", "br", "x"):
        yield posted(body, "Content-Type: application/json", f"Content-Encoding: {encoding}")


def malformed() -> tuple[bytes, ...]:
    """Return the bytes of every malformed request."""
    json_header = "Content-Type: application/json"
    bodies = [*BODIES, *(json.dumps(each).encode() for each in fields())]
    return (*http_requests(), *(posted(body, json_header) for body in bodies))
