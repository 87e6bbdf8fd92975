"""The client that does not block."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from tenacity import AsyncRetrying

from ._answers import Answer, Health
from ._base import BaseClient
from ._errors import LukeQAError
from ._groups import Group, check_concurrency, detached
from ._policy import Call
from ._reading import read_tasks
from ._request import AskOptions, Context, Pair, check_options
from ._transport import AsyncTransport, open_async_transport

_T = TypeVar("_T")
_Results = Sequence[Answer | LukeQAError]


class AsyncLukeQAClient(BaseClient[AsyncTransport]):
    """As `LukeQAClient`, for asyncio: HTTP by httpx (the extra ``async``), gRPC by grpcio's own (``grpc``).

    Use it with ``async with``, or await `aclose`, within one event loop. A `token` that is a function is called in that
    loop, so it should return at once.
    """

    _open_transport = staticmethod(open_async_transport)

    async def ask(self, question: str, context: Context, **options: Unpack[AskOptions]) -> Answer:
        """Return the best answer that the context has; see `LukeQAClient.ask`."""
        return await self._run(self._policy.question(question, context, options))

    def ask_many(
        self,
        pairs: Iterable[Pair] | AsyncIterable[Pair],
        *,
        concurrency: int = 8,
        progress: Callable[[int], object] | None = None,
        **options: Unpack[AskOptions],
    ) -> AsyncIterator[Answer | LukeQAError]:
        """Yield for each (question, context) pair, in order, its answer or its error; see `LukeQAClient.ask_many`.

        The pairs may come asynchronously, too, and those that come slowly should: then results are handed out, and
        what has been read is sent, while the next pair is waited for. Leaving the loop cancels what is under way.
        """
        self._check_open()  # here, as in the generator all of this would wait for the first result
        check_options(options)
        check_concurrency(concurrency)
        return self._results(pairs, concurrency, progress, options)

    async def health(self) -> Health:
        """Return what the server says of its health, asked once; see `LukeQAClient.health`."""
        return await self._run(self._policy.health())

    async def aclose(self) -> None:
        """Let go of the connections. Whoever asks after that gets a RuntimeError."""
        self._closed = True
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _run(self, call: Call[_T]) -> _T:
        async def one_try() -> _T:
            with self._while_open():
                return call.read(await self._transport.send(call.next_try()))

        return await AsyncRetrying(sleep=asyncio.sleep, **call.rules)(one_try)

    async def _results(
        self,
        pairs: Iterable[Pair] | AsyncIterable[Pair],
        concurrency: int,
        progress: Callable[[int], object] | None,
        options: AskOptions,
    ) -> AsyncIterator[Answer | LukeQAError]:
        slots = asyncio.Semaphore(concurrency)
        count = 0

        def ask(group: Group) -> Coroutine[Any, Any, _Results]:
            return self._ask_together(group, options, slots)

        async with aclosing(read_tasks(pairs, ask, concurrency)) as tasks:
            async for task in tasks:
                results = await task
                count += len(results)
                if progress is not None:
                    progress(count)
                for result in results:
                    yield result

    async def _ask_together(self, group: Group, options: AskOptions, slots: asyncio.Semaphore) -> _Results:
        async with slots:
            outcome = await self._outcome(group, options)
        if ones := group.singly(outcome):
            return [result for one in ones for result in await self._ask_together(one, options, slots)]
        return group.results(outcome)

    async def _outcome(self, group: Group, options: AskOptions) -> Sequence[Answer] | LukeQAError:
        try:
            return await self._run(self._policy.group(group, options))
        except LukeQAError as error:
            return detached(error)
