"""Pairs read in the background, and groups asked as they become complete."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable
from typing import Any, Final, TypeVar

from .._request import Pair
from .groups import GROUPS_PER_REQUEST, Group, Grouper

_T = TypeVar("_T")

_GROUP_WAIT: Final = 0.02  # seconds that an incomplete group waits for the next pair


async def read_tasks(
    pairs: Iterable[Pair] | AsyncIterable[Pair], ask: Callable[[Group], Coroutine[Any, Any, _T]], concurrency: int
) -> AsyncGenerator["asyncio.Task[_T]"]:
    """Yield, in order, the tasks that ask the groups of ``pairs``; a bounded number of them run ahead.

    While the source pauses, the tasks continue, and an incomplete group is sent.
    """
    tasks: asyncio.Queue[asyncio.Task[_T] | None] = asyncio.Queue()
    room = asyncio.Semaphore(GROUPS_PER_REQUEST * concurrency)

    def begin(groups: list[Group]) -> None:
        for group in groups:
            tasks.put_nowait(asyncio.create_task(ask(group)))

    reading = asyncio.create_task(_read(pairs, begin, room))
    reading.add_done_callback(lambda _: tasks.put_nowait(None))
    try:
        while (task := await tasks.get()) is not None:
            yield task
            room.release()
        await reading  # raises the source's error
    finally:
        await _cancel(reading)  # first: until it has ended, it may start more tasks
        left = [tasks.get_nowait() for _ in range(tasks.qsize())]
        await _cancel(*filter(None, left))


async def _read(
    pairs: Iterable[Pair] | AsyncIterable[Pair], begin: Callable[[list[Group]], None], room: asyncio.Semaphore
) -> None:
    """Read the whole source in one task: it may contain things that belong to a task, such as a timeout."""
    grouper = Grouper()
    timer: asyncio.TimerHandle | None = None
    try:
        async for pair in _one_by_one(pairs):
            if timer is not None:
                timer.cancel()
            is_first = grouper.is_empty
            complete = grouper.add(pair)
            begin(complete)
            if complete or is_first:
                await room.acquire()  # for the group that this pair begins
            timer = asyncio.get_running_loop().call_later(_GROUP_WAIT, lambda: begin(grouper.flush()))
        begin(grouper.flush())
    finally:
        if timer is not None:
            timer.cancel()


async def _cancel(*tasks: "asyncio.Task[Any]") -> None:
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
