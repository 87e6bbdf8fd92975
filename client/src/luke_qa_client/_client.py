"""The blocking client."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from ._answers import Answer
from ._blocking import BlockingClient
from ._documents import Context
from ._errors import BadRequestError, LukeQAError
from ._many.blocking import Sleep, ask_groups
from ._many.groups import Group, check_concurrency
from ._many.pairs import Table, read_pair, read_rows
from ._parts import is_too_much
from ._request import AskOptions, Offsets, Pair, check_context, check_question
from ._tracing import current_context


class LukeQAClient(BlockingClient):
    """A client for a question-answering server, over HTTP or gRPC.

    Use it as a context manager, or call ``close``. A client keeps its connections open, so ask many questions with one
    client; it may be shared by any number of threads.
    """

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
            max_windows: how many windows of the text are read at most, the most promising of all; or ``"all"``.
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

    def ask_pairs(
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
        """Return for each (question, context) pair, in order, its answer or its error, from one request.

        An error of one pair is its own and is not retried; what fails the whole request is raised. For more pairs than
        one request takes, or to ask while others are answered, use ``ask_many``.

        Args:
            pairs: as for ``ask_many``; by default a server takes 64.
            top_k: this and the other options are those of ``ask``, and apply to every pair.
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
            request_id: see ``ask``.

        Raises:
            LukeQAError: there are no outcomes; its subclass says why.
            TypeError, ValueError: an argument is invalid as a whole.
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
        given = [read_pair(pair) for pair in read_rows(pairs)]
        problems = [pair for pair in given if isinstance(pair, BadRequestError)]
        if len(problems) == len(given):
            return [*problems]
        return self._run(self._policy.pairs(given, options))

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

        return ask_groups(rows, ask, concurrency, progress)
