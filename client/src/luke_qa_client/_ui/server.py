"""The page, served."""

import ipaddress
import os
import socket
from tempfile import TemporaryDirectory
from typing import Final, NoReturn

from .._client import LukeQAClient
from .gate import Gate

# The names of a page that only this machine can reach. By another one comes a site that lets its own name lead here, so
# that a browser takes the page for the site's own.
_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")


def serve(client: LukeQAClient, listener: socket.socket) -> None:
    """Serve the page to whoever connects to `listener`, until the process is told to end."""
    with TemporaryDirectory(prefix="luke-qa-") as folder:  # for dropped files; gone with the page
        # Read when Gradio is imported: it is to call nobody, and to keep nothing.
        os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", GRADIO_TEMP_DIR=folder)
        import gradio
        import uvicorn
        from fastapi import FastAPI
        from fastapi.middleware.trustedhost import TrustedHostMiddleware

        from .page import CSS, THEME, build_page

        gradio.processing_utils.async_ssrf_protected_download = _call_nobody
        app = gradio.mount_gradio_app(
            FastAPI(openapi_url=None),
            build_page(client),
            path="/",
            theme=THEME,
            css=CSS,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            show_error=False,
            max_file_size="4mb",
        )
        app.add_middleware(Gate)
        host = ipaddress.ip_address(listener.getsockname()[0])
        if host.is_loopback:
            app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK_NAMES, str(host)])
        # Its errors are of visitors who left; what fails on our side Gradio tells.
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        server.run(sockets=[listener])


async def _call_nobody(url: str, cache_dir: str) -> NoReturn:
    """Stand in for Gradio's download of a file that a visitor names by an address."""
    raise PermissionError("The page fetches no addresses.")
