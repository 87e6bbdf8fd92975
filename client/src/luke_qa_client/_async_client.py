"""The asynchronous client."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar, Unpack, cast

from ._answers import Answer, Health
from ._base import BaseClient
from ._documents import Context
from ._errors import LukeQAError
from ._many.asynchronous import ask_pairs
from ._many.groups import Group, check_concurrency
from ._parts import ask_in_parts, is_too_much
from ._policy import Call
from ._request import AskOptions, Pair, check_options, check_pair
from ._transport.base import AsyncTransport
from ._transport.choice import open_async_transport

_T = TypeVar("_T")


class AsyncLukeQAClient(BaseClient[AsyncTransport]):
    """``LukeQAClient`` for asyncio, over HTTP (the extra ``async``) or gRPC (the extra ``grpc``).

    Use it with ``async with``, or await ``aclose``, in one event loop. If ``token`` is a function, it is called in that
    loop, so it should return quickly.
    """

    _open_transport = staticmethod(open_async_transport)

    async def ask(self, question: str, context: Context, **options: Unpack[AskOptions]) -> Answer:
        """Return the best answer in the context; see ``LukeQAClient.ask``."""
        return await self._ask(question, context, options)

    def ask_many(
        self,
        pairs: Iterable[Pair] | AsyncIterable[Pair],
        *,
        concurrency: int = 8,
        progress: Callable[[int], object] | None = None,
        **options: Unpack[AskOptions],
    ) -> AsyncIterator[Answer | LukeQAError]:
        """Yield for each (question, context) pair, in order, its answer or its error; see ``LukeQAClient.ask_many``.

        The pairs may also come from an asynchronous source. Use one if pairs arrive slowly: while the client waits for
        the next pair, it yields results and sends the pairs that it has. Leaving the loop cancels requests in flight.
        """
        self._check_open()  # a generator would check only at the first result
        check_options(options)
        check_concurrency(concurrency)

        async def ask(group: Group) -> list[Answer]:
            if is_too_much(group.context):
                return [await self._ask(question, group.context, options) for question in group.questions]
            return await self._run(self._policy.questions(group.questions, group.context, options))

        return ask_pairs(pairs, ask, concurrency, progress)

    async def health(self) -> Health:
        """Return the health status that the server reports, without retries; see ``LukeQAClient.health``."""
        return await self._run(self._policy.health())

    async def aclose(self) -> None:
        """Close the connections. Any further question raises a RuntimeError."""
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

    async def _ask(self, question: str, context: Context, options: AskOptions) -> Answer:
        check_options(options)
        check_pair(question, context)
        if not is_too_much(context):
            return await self._run(self._policy.question(question, context, options))
        steps = ask_in_parts(context, options)
        part, given = next(steps)
        while True:
            answer = await self._run(self._policy.question(question, part, given))
            try:
                part, given = steps.send(answer)
            except StopIteration as stop:
                return cast(Answer, stop.value)

    async def _run(self, call: Call[_T]) -> _T:
        while True:
            try:
                with self._while_open():
                    return call.read(await self._transport.send(call.next_try()))
            except LukeQAError as error:
                pause = call.after_failure(error).pause
                if pause is None:
                    raise
            await asyncio.sleep(pause)
            while (pause := call.pause_for_budget()) > 0:
                await asyncio.sleep(pause)
