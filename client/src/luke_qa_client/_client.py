"""The blocking client."""

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeVar, cast

from ._answers import Answer, Health
from ._base import BaseClient
from ._documents import Context
from ._errors import LukeQAError
from ._many.blocking import Sleep, ask_pairs
from ._many.groups import Group, check_concurrency
from ._many.pairs import Table, read_rows
from ._parts import ask_in_parts, is_too_much
from ._policy import Call
from ._request import AskOptions, Offsets, Pair, check_context, check_question
from ._tracing import call_span, current_context
from ._transport.base import Transport
from ._transport.choice import open_transport

if TYPE_CHECKING:
    from opentelemetry.context import Context as Caller

_T = TypeVar("_T")


class LukeQAClient(BaseClient[Transport]):
    """A client for a question-answering server, over HTTP or gRPC.

    Use it as a context manager, or call ``close``. A client keeps its connections open, so ask many questions with one
    client; it may be shared by any number of threads.
    """

    _open_transport = staticmethod(open_transport)

    def ask(
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
        """Return the best answer in the context.

        An option that is omitted or None has the server's default.

        Args:
            question: one question.
            context: the text to search, or documents to rank answers across: a list, or a column of a table. More text
                than the server takes at once is asked in several requests, and their answers are ranked together.
            top_k: the maximum number of answers.
            top_k_per_document: the maximum number of answers from one document.
            overlap: how much two answers may share, as a part of the shorter one, from 0 to 1.
            min_score: answers that score less are left out.
            passage: ``"sentence"`` to get each answer's sentence as well, or how many characters before and after it.
            max_windows: how many windows of the text are read, the most promising of all documents; or ``"all"``.
            retriever_weight: how much the documents' own scores count.
            max_answer_len: the maximum length of an answer, in tokens.
            max_seq_len: the maximum length of a window, question included, in tokens.
            doc_stride: the overlap of neighbouring windows, in tokens.
            handle_impossible_answer: return "no answer" if it is the most likely.
            join_lines: read through the line breaks inside wrapped lines, as in text from a PDF. ``start`` and ``end``
                count in the text as given, and ``answer`` is without the breaks.
            offsets: the unit of ``start`` and ``end``: ``code_points``, as in Python, or ``utf16``, as in JavaScript
                and Java.
            deadline_ms: a time in Unix milliseconds, after which the server does not compute and the client does not
                wait. An attempt that ends earlier sends the time at which it ends instead.
            request_id: an id that is returned with the answer or the error; by default a new one.

        Raises:
            LukeQAError: there is no answer; its subclass says why.
        """
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
        return self._ask(check_question(question), check_context(context), options, time.sleep)

    def ask_many(
        self,
        pairs: Iterable[Pair] | Table,
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
    ) -> Iterator[Answer | LukeQAError]:
        """Yield for each (question, context) pair, in order, its answer or its error.

        An error does not stop the others, and a pair that cannot be asked (an empty cell of a table) is an error in
        its place. A bounded number of pairs is read ahead of the results, so the source may be of any length.
        Consecutive questions about one context share a request, and the server reads the context once: sort by context
        if you can. Leaving the loop does not wait for requests in flight.

        While the client waits for the next pair, it yields no results and holds back the latest pair, which may share a
        request with the next one. If pairs arrive slowly, use ``AsyncLukeQAClient``.

        Args:
            pairs: questions, each with its context: tuples, mappings with these keys, or a DataFrame of pandas or
                polars with the columns ``question`` and ``context``, or with two columns in this order.
            concurrency: the number of requests in flight at once.
            progress: called with the number of results so far whenever it grows.
            top_k: this and the other options are those of ``ask``, and apply to every question.
            top_k_per_document: see ``ask``.
            overlap: see ``ask``.
            min_score: see ``ask``.
            passage: see ``ask``.
            max_windows: see ``ask``.
            retriever_weight: see ``ask``.
            max_answer_len: see ``ask``.
            max_seq_len: see ``ask``.
            doc_stride: see ``ask``.
            handle_impossible_answer: see ``ask``.
            join_lines: see ``ask``.
            offsets: see ``ask``.
            deadline_ms: see ``ask``.
            request_id: see ``ask``; it is sent with every request.

        Raises:
            TypeError, ValueError: an argument is invalid as a whole.
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

        parent = current_context()  # threads do not inherit it

        def ask(group: Group, sleep: Sleep) -> list[Answer]:
            if is_too_much(group.context):
                return [self._ask(question, group.context, options, sleep, parent) for question in group.questions]
            return self._run(self._policy.questions(group.questions, group.context, options), sleep, parent)

        return ask_pairs(rows, ask, concurrency, progress)

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

    def _ask(
        self,
        question: str,
        context: Context,
        options: AskOptions,
        sleep: Sleep = time.sleep,
        parent: "Caller | None" = None,
    ) -> Answer:
        if not is_too_much(context):
            return self._run(self._policy.question(question, context, options), sleep, parent)
        steps = ask_in_parts(context, options)
        part, given = next(steps)
        while True:
            answer = self._run(self._policy.question(question, part, given), sleep, parent)
            try:
                part, given = steps.send(answer)
            except StopIteration as stop:
                return cast(Answer, stop.value)

    def _run(self, call: Call[_T], sleep: Sleep = time.sleep, parent: "Caller | None" = None) -> _T:
        with call_span(call, parent):
            return self._attempt(call, sleep)

    def _attempt(self, call: Call[_T], sleep: Sleep) -> _T:
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
