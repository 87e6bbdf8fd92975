"""The groups that are in flight."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Generic, TypeVar

_T = TypeVar("_T")


class InFlight(Generic[_T]):
    """A queue of at most ``size`` futures, in the order of their groups."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._futures: deque[Future[_T]] = deque()

    def add(self, future: "Future[_T]") -> "Iterator[Future[_T]]":
        """Add a future; yield from the front those that are done, and while the queue is full, those to wait for."""
        self._futures.append(future)
        while self._futures and (len(self._futures) >= self._size or self._futures[0].done()):
            yield self._futures.popleft()

    def drain(self) -> "Iterator[Future[_T]]":
        """Yield the rest, to wait for."""
        while self._futures:
            yield self._futures.popleft()
