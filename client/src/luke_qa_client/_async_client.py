"""The client that does not block."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self, TypeVar, Unpack

from tenacity import AsyncRetrying

from ._answers import Answer, Health
from ._base import BaseClient
from ._errors import LukeQAError
from ._groups import Group, Grouper, Window, check_concurrency, detached
from ._policy import Call
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

        The pairs may come asynchronously, too. Leaving the loop cancels what is under way.
        """
        check_options(options)  # here, as in the generator it would wait for the first result
        check_concurrency(concurrency)
        return self._results(pairs, concurrency, progress, options)

    async def health(self) -> Health:
        """Return what the server says of its health, asked once; see `LukeQAClient.health`."""
        return await self._run(self._policy.health())

    async def aclose(self) -> None:
        """Let go of the connections."""
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
            return call.read(await self._transport.send(call.next_try()))

        return await AsyncRetrying(sleep=asyncio.sleep, **call.rules)(one_try)

    async def _results(
        self,
        pairs: Iterable[Pair] | AsyncIterable[Pair],
        concurrency: int,
        progress: Callable[[int], object] | None,
        options: AskOptions,
    ) -> AsyncIterator[Answer | LukeQAError]:
        window: Window[asyncio.Task[_Results]] = Window(concurrency)
        count = 0
        try:
            async with aclosing(self._tasks(pairs, asyncio.Semaphore(concurrency), window, options)) as tasks:
                async for task in tasks:
                    results = await task
                    count += len(results)
                    if progress is not None:
                        progress(count)
                    for result in results:
                        yield result
        finally:
            await asyncio.gather(*window.cancel(), return_exceptions=True)

    async def _tasks(
        self,
        pairs: Iterable[Pair] | AsyncIterable[Pair],
        slots: asyncio.Semaphore,
        window: Window["asyncio.Task[_Results]"],
        options: AskOptions,
    ) -> AsyncGenerator["asyncio.Task[_Results]"]:
        async for group in _groups(pairs):
            for task in window.add(asyncio.create_task(self._ask_together(group, options, slots))):
                yield task
        for task in window.rest():
            yield task

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


async def _groups(pairs: Iterable[Pair] | AsyncIterable[Pair]) -> AsyncIterator[Group]:
    grouper = Grouper()
    if isinstance(pairs, AsyncIterable):
        async for pair in pairs:
            for group in grouper.add(pair):
                yield group
    else:
        for pair in pairs:
            for group in grouper.add(pair):
                yield group
    for group in grouper.rest():
        yield group
