"""The page, served."""

import os
import socket
from tempfile import TemporaryDirectory

from .._client import LukeQAClient


def serve(client: LukeQAClient, listener: socket.socket) -> None:
    """Serve the page to whoever connects to `listener`, until the process is told to end."""
    with TemporaryDirectory(prefix="luke-qa-") as folder:  # for dropped files; gone with the page
        # Read when Gradio is imported: it is to call nobody, and to keep nothing.
        os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", GRADIO_TEMP_DIR=folder)
        import gradio
        import uvicorn
        from fastapi import FastAPI

        from .page import CSS, THEME, build_page

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
        # Its errors are of visitors who left; what fails on our side Gradio tells.
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        server.run(sockets=[listener])
