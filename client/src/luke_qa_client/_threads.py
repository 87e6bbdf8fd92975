"""Threads that nobody has to wait for."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Cancelled(Exception):
    """Nobody waits for what this thread does."""


class DaemonThreadPool(Generic[_T]):
    """A bounded number of threads that work off tasks.

    concurrent.futures' own pool is joined before the interpreter ends, so that Ctrl-C would wait for every question
    that is in flight, up to its timeout. These threads end with the process, or when what they send returns.
    """

    def __init__(self, size: int) -> None:
        """Start no thread yet; every task starts one, up to `size`."""
        self._size = size
        self._started = 0
        self._cancelled = Event()
        self._tasks: SimpleQueue[tuple[Future[_T], Callable[[], _T]] | None] = SimpleQueue()

    def submit(self, task: Callable[[], _T]) -> "Future[_T]":
        """Have `task` done by the next thread that is free."""
        future: Future[_T] = Future()
        self._tasks.put((future, task))
        if self._started < self._size:
            self._started += 1
            Thread(target=self._work, name="luke_qa_client", daemon=True).start()
        return future

    def sleep(self, seconds: float) -> None:
        """Pause a task.

        Raises:
            Cancelled: nobody waits for it any more.
        """
        if self._cancelled.wait(seconds):
            raise Cancelled

    def cancel(self) -> None:
        """Begin no task more, and do not wait for those that have begun."""
        self._cancelled.set()
        for _ in range(self._started):
            self._tasks.put(None)

    def _work(self) -> None:
        while (next_one := self._tasks.get()) is not None and not self._cancelled.is_set():
            future, task = next_one
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(task())
                except BaseException as error:
                    future.set_exception(error)
            del next_one, future, task  # or an idle thread would keep its last result
