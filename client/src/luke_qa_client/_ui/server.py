"""The server of the page."""

import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, Final, NoReturn

from .._async_client import AsyncLukeQAClient
from .feedback import FeedbackFile
from .gate import LARGEST_FILE, Gate

# The host names of a page on the loopback. Any other name is DNS rebinding: a site whose name resolves to this machine,
# so a browser lets its scripts read the page.
_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")


def serve(client: AsyncLukeQAClient, listener: socket.socket, feedback: FeedbackFile | None = None) -> None:
    """Serve the page on ``listener`` until the process is stopped; ``feedback`` is as for ``build_page``."""
    with TemporaryDirectory(prefix="luke-qa-") as folder:  # for uploaded files; deleted with the page
        # Gradio reads these when it is imported: no telemetry, and uploads only in this folder.
        os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", GRADIO_TEMP_DIR=folder)
        import gradio
        import uvicorn
        from fastapi import FastAPI
        from fastapi.middleware.trustedhost import TrustedHostMiddleware

        from .page import build_page
        from .style import CSS, HEAD, THEME

        gradio.processing_utils.async_ssrf_protected_download = _refuse_download
        app = gradio.mount_gradio_app(
            FastAPI(openapi_url=None),
            build_page(client, feedback),
            path="/",
            theme=THEME,
            css=CSS,
            head=HEAD,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            show_error=False,
            max_file_size=LARGEST_FILE,
        )
        app.add_middleware(Gate)
        host = ipaddress.ip_address(listener.getsockname()[0])
        if host.is_loopback:
            app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK_NAMES, str(host)])
        # uvicorn's errors are about visitors who disconnected; Gradio reports our own.
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        with _ended_by_a_lost_terminal(server):
            server.run(sockets=[listener])


@contextmanager
def _ended_by_a_lost_terminal(server: Any) -> Iterator[None]:
    """End the server on SIGHUP as uvicorn does on SIGTERM, then let the former handler act.

    A handler that raises is not enough: asyncio may swallow the exception.
    """
    number: Any = getattr(signal, "SIGHUP", None)
    former = signal.getsignal(number) if number else None
    if not callable(former):  # nohup ignores it; Windows does not know it
        yield
        return
    received = list[int]()

    def end(number: int, frame: object) -> None:
        received.append(number)
        server.should_exit = True

    signal.signal(number, end)
    try:
        yield
    finally:
        signal.signal(number, former)
    if received:
        signal.raise_signal(number)


async def _refuse_download(url: str, cache_dir: str) -> NoReturn:
    """Replace Gradio's download of a file that a visitor gives as a URL."""
    raise PermissionError("The page does not download files from URLs.")
