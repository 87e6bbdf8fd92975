"""The pool: each service computes one request at a time, few wait, and who leaves is told to the service."""

import asyncio
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

import pytest

from deploy.kserve.pool import Pool, QueueFull
from luke_qa.response import Response
from luke_qa.service import Received

ROW = Received({}, "mine")


class Held:
    """A service that answers when it is let, or when its caller has left."""

    def __init__(self) -> None:
        self.asked = list[Sequence[Received]]()
        self.may_answer = Event()

    def answer(self, batch: Sequence[Received]) -> list[Response]:
        self.asked.append(batch)
        while not self.may_answer.wait(0.005):
            if all(row.is_cancelled() for row in batch):
                return [Response(504, b"", "cancelled") for _ in batch]
        return [Response(200, row.request_id.encode()) for row in batch]


def services(count: int) -> list[Any]:
    return [Held() for _ in range(count)]


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def test_as_many_are_computed_as_there_are_services_and_few_wait() -> None:
    async def play() -> None:
        both = services(2)
        pool = Pool(both, queue_size=1)
        asked = [asyncio.create_task(pool.answer([ROW])) for _ in range(3)]
        await until(lambda: sum(len(each.asked) for each in both) == 2)
        with pytest.raises(QueueFull):
            await pool.answer([ROW])
        for service in both:
            service.may_answer.set()
        assert [reply[0].body for reply in await asyncio.gather(*asked)] == [b"mine"] * 3
        assert sum(len(each.asked) for each in both) == 3

    asyncio.run(play())


def test_who_leaves_makes_room() -> None:
    async def play() -> None:
        (service,) = only = services(1)
        pool = Pool(only, queue_size=1)
        computed = asyncio.create_task(pool.answer([ROW]))
        await until(lambda: service.asked)
        waiting = asyncio.create_task(pool.answer([ROW]))
        await asyncio.sleep(0)
        waiting.cancel()
        computed.cancel()
        await asyncio.wait([waiting, computed])
        assert waiting.cancelled()
        assert computed.cancelled()
        await until(service.asked[0][0].is_cancelled)
        service.may_answer.set()
        assert (await pool.answer([ROW, ROW]))[1].code == 200
        assert len(service.asked) == 2  # who left the queue was not begun

    asyncio.run(play())
