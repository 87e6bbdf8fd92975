"""Which requests are accepted: those of a browser that shows the page. All others never reach Gradio."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

LARGEST: Final = 8 * 2**20  # bytes of a request; more than the server accepts for a question
LARGEST_FILE: Final = 64 * 2**20  # bytes of an uploaded file, which goes to the disk
LARGEST_UPLOAD: Final = 8 * LARGEST_FILE  # bytes of the files that are dropped together

_UPLOAD: Final = "/gradio_api/upload"

# Gradio has many more. Some of them serve files, or fetch any address.
_PATHS: Final = re.compile(
    r"/|/(?:assets|static|svelte)/.+|/(?:config|theme\.css|favicon\.ico|robots\.txt|manifest\.json)"
    r"|/gradio_api/(?:info|startup-events|heartbeat/\w+|upload|upload_progress|run/\w+)/?"
)

_Message = Mapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Gate:
    """ASGI middleware that replies with a bare status to what ``refusal`` rejects."""

    app: _App

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        status = refusal(scope) if scope["type"] == "http" else None
        if status is None:
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


def refusal(scope: _Message) -> int | None:
    """Return the status for a request that is rejected (an ASGI scope), or None."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if not _PATHS.fullmatch(scope["path"]):
        return 404
    if "origin" in headers and headers["origin"].partition("://")[2] != headers.get("host"):
        return 403  # sent by another site's page in the visitor's browser
    if "transfer-encoding" in headers:
        return 411
    if int(headers.get("content-length", 0)) > (LARGEST_UPLOAD if scope["path"].startswith(_UPLOAD) else LARGEST):
        return 413
    return None
