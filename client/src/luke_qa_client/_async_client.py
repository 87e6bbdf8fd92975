"""The asynchronous client."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Literal, Self, TypeVar, cast

from ._answers import Answer, Health
from ._base import BaseClient
from ._documents import Context
from ._errors import BadRequestError, LukeQAError
from ._many.asynchronous import ask_groups
from ._many.groups import Group, check_concurrency
from ._many.pairs import Table, read_pair, read_rows
from ._parts import ask_in_parts, is_too_much
from ._policy import Call
from ._request import AskOptions, Offsets, Pair, check_context, check_question
from ._tracing import call_span
from ._transport.base import AsyncTransport
from ._transport.choice import open_async_transport

_T = TypeVar("_T")


class AsyncLukeQAClient(BaseClient[AsyncTransport]):
    """``LukeQAClient`` for asyncio, over HTTP (the extra ``async``) or gRPC (the extra ``grpc``).

    Use it with ``async with``, or await ``aclose``, in one event loop. If ``token`` is a function, it is called in that
    loop, so it should return quickly.
    """

    _open_transport = staticmethod(open_async_transport)

    async def ask(
        self,
        question: str,
        context: Context,
        *,
        top_k: int | None = None,
        top_k_per_document: int | None = None,
        overlap: float | None = None,
        min_score: float | None = None,
        passage: Literal["sentence"] | int | None = None,
        max_windows: Literal["all"] | int | None = None,
        retriever_weight: float | None = None,
        max_answer_len: int | None = None,
        max_seq_len: int | None = None,
        doc_stride: int | None = None,
        handle_impossible_answer: bool | None = None,
        join_lines: bool | None = None,
        offsets: Offsets | None = None,
        deadline_ms: int | None = None,
        request_id: str | None = None,
    ) -> Answer:
        """Return the best answer in the context; see ``LukeQAClient.ask``."""
        options = AskOptions(
            top_k=top_k,
            top_k_per_document=top_k_per_document,
            overlap=overlap,
            min_score=min_score,
            passage=passage,
            max_windows=max_windows,
            retriever_weight=retriever_weight,
            max_answer_len=max_answer_len,
            max_seq_len=max_seq_len,
            doc_stride=doc_stride,
            handle_impossible_answer=handle_impossible_answer,
            join_lines=join_lines,
            offsets=offsets,
            deadline_ms=deadline_ms,
            request_id=request_id,
        )
        return await self._ask(check_question(question), check_context(context), options)

    async def ask_pairs(
        self,
        pairs: Iterable[Pair] | Table,
        *,
        top_k: int | None = None,
        top_k_per_document: int | None = None,
        overlap: float | None = None,
        min_score: float | None = None,
        passage: Literal["sentence"] | int | None = None,
        max_windows: Literal["all"] | int | None = None,
        retriever_weight: float | None = None,
        max_answer_len: int | None = None,
        max_seq_len: int | None = None,
        doc_stride: int | None = None,
        handle_impossible_answer: bool | None = None,
        join_lines: bool | None = None,
        offsets: Offsets | None = None,
        deadline_ms: int | None = None,
        request_id: str | None = None,
    ) -> list[Answer | LukeQAError]:
        """Return each pair's answer or error, from one request; see ``LukeQAClient.ask_pairs``."""
        options = AskOptions(
            top_k=top_k,
            top_k_per_document=top_k_per_document,
            overlap=overlap,
            min_score=min_score,
            passage=passage,
            max_windows=max_windows,
            retriever_weight=retriever_weight,
            max_answer_len=max_answer_len,
            max_seq_len=max_seq_len,
            doc_stride=doc_stride,
            handle_impossible_answer=handle_impossible_answer,
            join_lines=join_lines,
            offsets=offsets,
            deadline_ms=deadline_ms,
            request_id=request_id,
        )
        given = [read_pair(pair) for pair in read_rows(pairs)]
        problems = [pair for pair in given if isinstance(pair, BadRequestError)]
        if len(problems) == len(given):
            return [*problems]
        return await self._run(self._policy.pairs(given, options))

    def ask_many(
        self,
        pairs: Iterable[Pair] | AsyncIterable[Pair] | Table,
        *,
        concurrency: int = 8,
        progress: Callable[[int], object] | None = None,
        top_k: int | None = None,
        top_k_per_document: int | None = None,
        overlap: float | None = None,
        min_score: float | None = None,
        passage: Literal["sentence"] | int | None = None,
        max_windows: Literal["all"] | int | None = None,
        retriever_weight: float | None = None,
        max_answer_len: int | None = None,
        max_seq_len: int | None = None,
        doc_stride: int | None = None,
        handle_impossible_answer: bool | None = None,
        join_lines: bool | None = None,
        offsets: Offsets | None = None,
        deadline_ms: int | None = None,
        request_id: str | None = None,
    ) -> AsyncIterator[Answer | LukeQAError]:
        """Yield for each (question, context) pair, in order, its answer or its error; see ``LukeQAClient.ask_many``.

        The pairs may also come from an asynchronous source. Use one if pairs arrive slowly: while the client waits for
        the next pair, it yields results and sends the pairs that it has. Leaving the loop cancels requests in flight.
        """
        self._check_open()  # a generator would check only at the first result
        check_concurrency(concurrency)
        rows = read_rows(pairs)
        options = AskOptions(
            top_k=top_k,
            top_k_per_document=top_k_per_document,
            overlap=overlap,
            min_score=min_score,
            passage=passage,
            max_windows=max_windows,
            retriever_weight=retriever_weight,
            max_answer_len=max_answer_len,
            max_seq_len=max_seq_len,
            doc_stride=doc_stride,
            handle_impossible_answer=handle_impossible_answer,
            join_lines=join_lines,
            offsets=offsets,
            deadline_ms=deadline_ms,
            request_id=request_id,
        )

        async def ask(group: Group) -> list[Answer]:
            if is_too_much(group.context):
                return [await self._ask(question, group.context, options) for question in group.questions]
            return await self._run(self._policy.questions(group.questions, group.context, options))

        return ask_groups(rows, ask, concurrency, progress)

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
        with call_span(call):
            return await self._attempt(call)

    async def _attempt(self, call: Call[_T]) -> _T:
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
