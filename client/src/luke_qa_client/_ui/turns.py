"""How many questions of a page are asked together, of all its visitors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

AT_ONCE: Final = 8
WAITING: Final = 64  # for one of these to end


class FullError(Exception):
    """Too many wait already."""


class Turns:
    """Gives a turn to some at once; some more may wait, first come, first served."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._room = at_once + waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and hold it.

        Raises:
            FullError: nobody else can wait.
        """
        if self._room == 0:
            raise FullError
        self._room -= 1
        try:
            async with self._free:
                yield
        finally:
            self._room += 1
