"""Pairs read in the background, and asked as they come; for the client that does not block."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable
from typing import Any, Final, TypeVar

from ._groups import AHEAD, Group, Grouper
from ._request import Pair

_T = TypeVar("_T")

_LINGER: Final = 0.02  # seconds that a group which could still grow waits for the next pair


async def read_tasks(
    pairs: Iterable[Pair] | AsyncIterable[Pair], ask: Callable[[Group], Coroutine[Any, Any, _T]], concurrency: int
) -> AsyncGenerator["asyncio.Task[_T]"]:
    """Yield, in order, the tasks that ask groups of pairs, a bounded number of them begun ahead.

    A source that pauses keeps nothing waiting: neither the tasks, nor the group that its next pair might have joined.
    """
    begun: asyncio.Queue[asyncio.Task[_T] | None] = asyncio.Queue()
    room = asyncio.Semaphore(AHEAD * concurrency)

    def begin(groups: list[Group]) -> None:
        for group in groups:
            begun.put_nowait(asyncio.create_task(ask(group)))

    reading = asyncio.create_task(_read(pairs, begin, room))
    reading.add_done_callback(lambda _: begun.put_nowait(None))
    try:
        while (task := await begun.get()) is not None:
            yield task
            room.release()
        await reading  # whose error is the source's
    finally:
        await _cancelled(reading)  # first, as it may begin more until it has ended
        left = [begun.get_nowait() for _ in range(begun.qsize())]
        await _cancelled(*filter(None, left))


async def _read(
    pairs: Iterable[Pair] | AsyncIterable[Pair], begin: Callable[[list[Group]], None], room: asyncio.Semaphore
) -> None:
    """Read all of a source in this one task: what it holds, a timeout for example, may belong to the task."""
    grouper = Grouper()
    timer: asyncio.TimerHandle | None = None
    try:
        async for pair in _one_by_one(pairs):
            if timer is not None:
                timer.cancel()
            is_first = not grouper.holds_one
            whole = grouper.add(pair)
            begin(whole)
            if whole or is_first:
                await room.acquire()  # for the group that this pair begins
            timer = asyncio.get_running_loop().call_later(_LINGER, lambda: begin(grouper.rest()))
        begin(grouper.rest())
    finally:
        if timer is not None:
            timer.cancel()


async def _cancelled(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _one_by_one(pairs: Iterable[Pair] | AsyncIterable[Pair]) -> AsyncIterator[Pair]:
    if isinstance(pairs, AsyncIterable):
        async for pair in pairs:
            yield pair
    else:
        for pair in pairs:
            yield pair
