"""Threads that do not keep the interpreter alive."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Cancelled(Exception):
    """The pool was cancelled: nobody waits for this task."""


class DaemonThreadPool(Generic[_T]):
    """A pool of daemon threads.

    The interpreter joins the threads of a ``ThreadPoolExecutor`` before it exits, so Ctrl-C would wait for every
    request in flight, up to its timeout. These threads end with the process.
    """

    def __init__(self, size: int) -> None:
        """Start no thread yet: each task starts one, up to ``size``."""
        self._size = size
        self._started = 0
        self._cancelled = Event()
        self._tasks: SimpleQueue[tuple[Future[_T], Callable[[], _T]] | None] = SimpleQueue()

    def submit(self, task: Callable[[], _T]) -> "Future[_T]":
        """Run ``task`` in the next free thread."""
        future: Future[_T] = Future()
        self._tasks.put((future, task))
        if self._started < self._size:
            self._started += 1
            Thread(target=self._work, name="luke_qa_client", daemon=True).start()
        return future

    def sleep(self, seconds: float) -> None:
        """Pause the calling task.

        Raises:
            Cancelled: the pool was cancelled.
        """
        if self._cancelled.wait(seconds):
            raise Cancelled

    def cancel(self) -> None:
        """Start no more tasks, and do not wait for those that are running."""
        self._cancelled.set()
        for _ in range(self._started):
            self._tasks.put(None)

    def _work(self) -> None:
        while (entry := self._tasks.get()) is not None and not self._cancelled.is_set():
            future, task = entry
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(task())
                except BaseException as error:
                    future.set_exception(error)
            del entry, future, task  # an idle thread would keep its last result alive
