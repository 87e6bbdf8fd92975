"""The services of one process: each computes one request at a time, in a thread of its own."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

from luke_qa.response import Response
from luke_qa.service import Received, Service


class QueueFull(Exception):
    """As many requests wait as may wait."""


class Pool:
    """Services that take requests from one queue, in which at most ``queue_size`` of them wait."""

    def __init__(self, services: Sequence[Service], queue_size: int) -> None:
        self._queue_size = queue_size
        self._waiting = 0
        self._threads = ThreadPoolExecutor(len(services), "luke-qa")
        self._free: asyncio.Queue[Service] = asyncio.Queue()
        for service in services:
            self._free.put_nowait(service)

    async def answer(self, batch: Sequence[Received]) -> list[Response]:
        """Answer the rows of a request. If this is cancelled, they are computed no further than the current pass.

        Raises:
            QueueFull: the request cannot even wait.
        """
        service = await self._take()
        left = Event()
        rows = [replace(row, is_cancelled=left.is_set) for row in batch]
        answered = asyncio.get_running_loop().run_in_executor(self._threads, service.answer, rows)
        answered.add_done_callback(lambda _: self._free.put_nowait(service))
        try:
            return await asyncio.shield(answered)  # a thread cannot be cancelled
        except asyncio.CancelledError:
            left.set()
            raise

    async def _take(self) -> Service:
        if self._free.empty() and self._waiting >= self._queue_size:
            raise QueueFull
        self._waiting += 1
        try:
            return await self._free.get()
        finally:
            self._waiting -= 1
