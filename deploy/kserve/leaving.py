"""Let the work on a request end when its caller has left: uvicorn says so, but Starlette does not pass it on."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class CancelsWhenLeft:
    """An ASGI middleware that cancels what computes an answer for nobody."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        messages: asyncio.Queue[Message] = asyncio.Queue()
        work = asyncio.ensure_future(self._app(scope, messages.get, send))

        async def listen() -> None:
            while (message := await receive())["type"] != "http.disconnect":
                await messages.put(message)
            work.cancel()

        listener = asyncio.ensure_future(listen())
        try:
            with suppress(asyncio.CancelledError):
                await work
        finally:
            listener.cancel()
            work.cancel()  # this was cancelled itself
