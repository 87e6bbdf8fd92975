"""The question that a visitor waits for. It can be cancelled at any time."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from .problems import Problem
from .session import Asked


class Pending:
    """A visitor's question, until its result is taken.

    The visitor's browser numbers the questions: 1, 2, …. Its requests may overtake each other, so a cancel may come
    before the question that it is for.
    """

    def __init__(self) -> None:
        self._number = 0  # of the last question
        self._over = 0  # questions up to this number were cancelled
        self._task: asyncio.Task[Asked | Problem] | None = None
        self._found = deque[Asked | Problem](maxlen=1)  # ``take`` may be called in another thread

    async def ask(self, number: int, search: Callable[[], Coroutine[Any, Any, Asked | Problem]]) -> None:
        """Search, and keep the result, unless the question is cancelled; one that is waited for still is cancelled."""
        if number <= self._over:
            return
        self.cancel(number - 1)
        self._number = number
        self._task = asyncio.create_task(search())
        (found,) = await asyncio.gather(self._task, return_exceptions=True)
        if number <= self._over:
            return
        if isinstance(found, BaseException):
            raise found
        self._found.append(found)

    def cancel(self, number: int) -> None:
        """Cancel the questions up to this number. Their results are dropped, if they were not taken yet."""
        self._over = max(self._over, number)
        if self._task is not None and self._number <= self._over:
            self._task.cancel()
            self._found.clear()

    def take(self) -> Asked | Problem | None:
        """Return the result, once; None if there is none."""
        try:
            return self._found.pop()
        except IndexError:
            return None
