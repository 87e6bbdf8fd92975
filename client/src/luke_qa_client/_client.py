"""The client."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Self, TypeVar, Unpack

from tenacity import Retrying

from ._answers import Answer, Health
from ._base import BaseClient
from ._errors import LukeQAError
from ._groups import Group, Window, check_concurrency, detached, group_pairs
from ._policy import Call
from ._request import AskOptions, Context, Pair, check_options
from ._threads import DaemonThreadPool
from ._transport import Transport, open_transport

_T = TypeVar("_T")
_Results = Sequence[Answer | LukeQAError]


class LukeQAClient(BaseClient[Transport]):
    """Asks a question-answering server, over HTTP or gRPC.

    Use it as a context manager, or call `close`. One client keeps its connections, so ask many
    questions with the same one; any number of threads may.
    """

    _open_transport = staticmethod(open_transport)

    def ask(self, question: str, context: Context, **options: Unpack[AskOptions]) -> Answer:
        """Return the best answer that the context has.

        Args:
            question: one question.
            context: the text to find the answer in, or documents to rank answers across.
            **options: see `AskOptions`.

        Raises:
            LukeQAError: no answer came; which of its kinds tells why.
        """
        return self._run(self._policy.question(question, context, options))

    def ask_many(
        self,
        pairs: Iterable[Pair],
        *,
        concurrency: int = 8,
        progress: Callable[[int], object] | None = None,
        **options: Unpack[AskOptions],
    ) -> Iterator[Answer | LukeQAError]:
        """Yield for each (question, context) pair, in order, its answer or its error.

        One pair's error does not end the others. The pairs are read as the results are taken, a
        bounded number ahead, so there may be any number. Consecutive questions of one context
        travel together, which spares the server reading it again: sort by context where the
        order is yours. Whoever stops taking results need not wait for those that are under way.

        While `pairs` makes this wait for the next one, no result is handed out, and the newest pair
        is not yet sent: it may be joined. For pairs that come slowly there is `AsyncLukeQAClient`.

        Args:
            pairs: questions, each with its context.
            concurrency: how many requests may be under way at once.
            progress: called with the number of results so far, whenever there are more.
            **options: see `AskOptions`; a ``request_id`` goes with every request.
        """
        self._check_open()  # here, as in the generator all of this would wait for the first result
        check_options(options)
        check_concurrency(concurrency)
        return self._results(pairs, concurrency, progress, options)

    def health(self) -> Health:
        """Return what the server says of its health, asked once.

        Raises:
            LukeQAError: the server cannot be asked.
        """
        return self._run(self._policy.health())

    def close(self) -> None:
        """Let go of the connections. Whoever asks after that gets a RuntimeError."""
        self._closed = True
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, call: Call[_T], sleep: Callable[[float], None] = time.sleep) -> _T:
        def one_try() -> _T:
            with self._while_open():
                return call.read(self._transport.send(call.next_try()))

        result: _T = Retrying(sleep=sleep, **call.rules)(one_try)
        return result

    def _results(
        self, pairs: Iterable[Pair], concurrency: int, progress: Callable[[int], object] | None, options: AskOptions
    ) -> Iterator[Answer | LukeQAError]:
        pool: DaemonThreadPool[_Results] = DaemonThreadPool(concurrency)
        count = 0
        try:
            for future in self._futures(pairs, pool, Window(concurrency), options):
                results = future.result()
                count += len(results)
                if progress is not None:
                    progress(count)
                yield from results
        finally:
            pool.cancel()

    def _futures(
        self,
        pairs: Iterable[Pair],
        pool: DaemonThreadPool[_Results],
        window: Window[_Results],
        options: AskOptions,
    ) -> Iterator[Future[_Results]]:
        for group in group_pairs(pairs):
            yield from window.add(pool.submit(partial(self._ask_together, group, options, pool.sleep)))
        yield from window.rest()

    def _ask_together(self, group: Group, options: AskOptions, sleep: Callable[[float], None]) -> _Results:
        sleep(0)  # which ends this if nobody waits any more
        outcome = self._outcome(group, options, sleep)
        if ones := group.singly(outcome):
            return [result for one in ones for result in self._ask_together(one, options, sleep)]
        return group.results(outcome)

    def _outcome(
        self, group: Group, options: AskOptions, sleep: Callable[[float], None]
    ) -> Sequence[Answer] | LukeQAError:
        try:
            return self._run(self._policy.group(group, options), sleep)
        except LukeQAError as error:
            return detached(error)
