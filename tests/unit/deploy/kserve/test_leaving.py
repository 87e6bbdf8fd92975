"""The middleware: what computes for nobody is cancelled, everything else is as without it."""

import asyncio
from typing import Any

from deploy.kserve.leaving import CancelsWhenLeft, Message, Receive, Scope, Send

BODY: Message = {"type": "http.request", "body": b"{}"}
LEFT: Message = {"type": "http.disconnect"}


async def play(app: Any, *messages: Message, kind: str = "http") -> list[Message]:
    """What the app sends, when these messages arrive, and no more."""
    arriving: asyncio.Queue[Message] = asyncio.Queue()
    for message in messages:
        arriving.put_nowait(message)
    sent = list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    await asyncio.wait_for(CancelsWhenLeft(app)({"type": kind, "arriving": arriving}, arriving.get, send), 30)
    return sent


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await send(await receive())


def test_an_answer_passes() -> None:
    assert asyncio.run(play(echo, BODY)) == [BODY]


def test_the_work_of_who_left_is_cancelled() -> None:
    ended = list[str]()

    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        scope["arriving"].put_nowait(LEFT)
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    assert asyncio.run(play(work, BODY)) == []
    assert ended == ["cancelled"]


def test_what_is_no_request_passes() -> None:
    assert asyncio.run(play(echo, LEFT, kind="lifespan")) == [LEFT]
