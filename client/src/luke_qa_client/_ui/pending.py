"""The question that a visitor waits for. It can be cancelled at any time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from .problems import Problem
from .session import Asked


class Pending:
    """A visitor's question, until its result is taken.

    The visitor's browser numbers the questions: 1, 2, …. Its requests may overtake each other, so a cancel may come
    before the question that it is for.

    Attributes:
        last: the number of the last question that came.
        ended: the number of the last question that has ended, with a result or without.
    """

    def __init__(self) -> None:
        self.last = 0
        self.ended = 0
        self._over = 0  # questions up to this number were cancelled
        self._task: asyncio.Task[Asked | Problem] | None = None
        self._found: Asked | Problem | None = None

    async def ask(self, number: int, search: Callable[[], Coroutine[Any, Any, Asked | Problem]]) -> None:
        """Search, and keep the result, unless the question is cancelled, or another one comes in the meantime."""
        if number < self.last:
            return
        self.last = number
        self._drop()
        if number > self._over:
            self._task = task = asyncio.create_task(search())
            (found,) = await asyncio.gather(task, return_exceptions=True)
            if task is self._task:
                self._task = None
                if isinstance(found, BaseException):
                    raise found
                self._found = found
        self.ended = max(self.ended, number)

    def cancel(self, number: int) -> None:
        """Cancel the questions up to this number. Their results are dropped, if they were not taken yet."""
        self._over = max(self._over, number)
        if self.last <= self._over:
            self._drop()

    def take(self) -> Asked | Problem | None:
        """Return the result, once; None if there is none."""
        found, self._found = self._found, None
        return found

    def _drop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._found = None
