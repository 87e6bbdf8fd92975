"""The blocking client."""

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar, Unpack, cast

from ._answers import Answer, Health
from ._base import BaseClient
from ._documents import Context
from ._errors import LukeQAError
from ._many.blocking import Sleep, ask_pairs
from ._many.groups import Group, check_concurrency
from ._parts import ask_in_parts, is_too_much
from ._policy import Call
from ._request import AskOptions, Pair, check_options, check_pair
from ._transport.base import Transport
from ._transport.choice import open_transport

_T = TypeVar("_T")


class LukeQAClient(BaseClient[Transport]):
    """A client for a question-answering server, over HTTP or gRPC.

    Use it as a context manager, or call ``close``. A client keeps its connections open, so ask many questions with one
    client; it may be shared by any number of threads.
    """

    _open_transport = staticmethod(open_transport)

    def ask(self, question: str, context: Context, **options: Unpack[AskOptions]) -> Answer:
        """Return the best answer in the context.

        Args:
            question: one question.
            context: the text to search, or a list of documents to rank answers across. More text than the server takes
                at once is asked in several requests, and their answers are ranked together.
            **options: see ``AskOptions``.

        Raises:
            LukeQAError: there is no answer; its subclass says why.
        """
        return self._ask(question, context, options, time.sleep)

    def ask_many(
        self,
        pairs: Iterable[Pair],
        *,
        concurrency: int = 8,
        progress: Callable[[int], object] | None = None,
        **options: Unpack[AskOptions],
    ) -> Iterator[Answer | LukeQAError]:
        """Yield for each (question, context) pair, in order, its answer or its error.

        An error does not stop the others. A bounded number of pairs is read ahead of the results, so the source may be
        of any length. Consecutive questions about one context share a request, and the server reads the context once:
        sort by context if you can. Leaving the loop does not wait for requests in flight.

        While the client waits for the next pair, it yields no results and holds back the latest pair, which may share a
        request with the next one. If pairs arrive slowly, use ``AsyncLukeQAClient``.

        Args:
            pairs: questions, each with its context.
            concurrency: the number of requests in flight at once.
            progress: called with the number of results so far whenever it grows.
            **options: see ``AskOptions``; a ``request_id`` is sent with every request.
        """
        self._check_open()  # a generator would check only at the first result
        check_options(options)
        check_concurrency(concurrency)

        def ask(group: Group, sleep: Sleep) -> list[Answer]:
            if is_too_much(group.context):
                return [self._ask(question, group.context, options, sleep) for question in group.questions]
            return self._run(self._policy.questions(group.questions, group.context, options), sleep)

        return ask_pairs(pairs, ask, concurrency, progress)

    def health(self) -> Health:
        """Return the health status that the server reports, without retries.

        Raises:
            LukeQAError: the server did not reply, or replied with an error.
        """
        return self._run(self._policy.health())

    def close(self) -> None:
        """Close the connections. Any further question raises a RuntimeError."""
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

    def _ask(self, question: str, context: Context, options: AskOptions, sleep: Sleep) -> Answer:
        check_options(options)
        check_pair(question, context)
        if not is_too_much(context):
            return self._run(self._policy.question(question, context, options), sleep)
        steps = ask_in_parts(context, options)
        part, given = next(steps)
        while True:
            answer = self._run(self._policy.question(question, part, given), sleep)
            try:
                part, given = steps.send(answer)
            except StopIteration as stop:
                return cast(Answer, stop.value)

    def _run(self, call: Call[_T], sleep: Sleep = time.sleep) -> _T:
        while True:
            try:
                with self._while_open():
                    return call.read(self._transport.send(call.next_try()))
            except LukeQAError as error:
                pause = call.after_failure(error).pause
                if pause is None:
                    raise
            sleep(pause)
            while (pause := call.pause_for_budget()) > 0:
                sleep(pause)
