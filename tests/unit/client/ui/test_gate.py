"""Which requests the page's gate lets in."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from luke_qa_client._ui.gate import LARGEST, LARGEST_UPLOAD, Gate, refusal


def request(path: str = "/gradio_api/upload", **headers: str) -> dict[str, Any]:
    named = {"host": "127.0.0.1:7860", **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
    return {"type": "http", "path": path, "headers": pairs}


@pytest.mark.parametrize(
    "path", ["/", "/config", "/assets/index.js", "/gradio_api/run/predict", "/gradio_api/heartbeat/a1b2", "/theme.css"]
)
def test_what_the_browser_needs_comes_in(path: str) -> None:
    assert refusal(request(path)) is None
    assert refusal(request(path, origin="http://127.0.0.1:7860", content_length=str(LARGEST))) is None


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/stream/a",
        "/gradio_api/call/answer",
        "/gradio_api/queue/join",
        "/gradio_api/deep_link",
        "/login",
    ],
)
def test_nothing_else_is_there(path: str) -> None:
    assert refusal(request(path)) == 404


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:8000", "null", ""])
def test_another_site_is_refused(origin: str) -> None:
    assert refusal(request(origin=origin)) == 403


def test_a_request_without_a_size_or_with_too_large_a_one_is_refused() -> None:
    assert refusal(request(transfer_encoding="chunked")) == 411
    assert refusal(request("/gradio_api/run/predict", content_length=str(LARGEST + 1))) == 413
    assert refusal(request(content_length=str(LARGEST_UPLOAD))) is None
    assert refusal(request(content_length=str(LARGEST_UPLOAD + 1))) == 413


def test_of_what_is_refused_the_page_hears_nothing() -> None:
    heard: list[Mapping[str, Any]] = []
    sent: list[Mapping[str, Any]] = []

    async def page(scope: Mapping[str, Any], receive: object, send: object) -> None:
        heard.append(scope)

    async def receive() -> Mapping[str, Any]:
        raise AssertionError("Nothing is read.")

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    lifespan = {"type": "lifespan"}
    for scope in (request("/login"), request(), lifespan):
        asyncio.run(Gate(page)(scope, receive, send))
    assert heard == [request(), lifespan]
    assert [message.get("status") for message in sent] == [404, None]
