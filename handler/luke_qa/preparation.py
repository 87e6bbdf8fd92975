"""From a query and its documents to the windows that are read: all windows, then the most promising of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from luke_qa.choices import Decoding
from luke_qa.cost import Limits
from luke_qa.documents import Documents
from luke_qa.errors import InvalidValue, Part, QuestionTooLong, TooLarge, check_deadline
from luke_qa.lines import Reading
from luke_qa.overlaps import Overlap
from luke_qa.priors import document_priors
from luke_qa.query import Options, Query, Windows
from luke_qa.shortlist import Scores, best_windows, rank_windows
from luke_qa.tokenizer import IntArray, TokenizedText, Tokenizer
from luke_qa.windows import Cut, Window, cut_windows


def never() -> bool:
    """The caller of a query stays: a server that does not know says so."""
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A query with its tokens, to be answered by ``deadline``, in seconds of the monotonic clock.

    ``documents`` are the tokens of every context. The windows are ordered by question, then document, then position.
    ``windows_read`` has one item for each question. ``overlaps`` are those among the documents that are read. With
    ``join_lines``, the contexts of ``query`` are the texts of ``readings``; otherwise there are none. ``is_cancelled``
    tells whether the caller has left.
    """

    query: Query
    documents: tuple[TokenizedText, ...]
    windows: tuple[Window, ...]
    windows_read: tuple[Windows, ...]
    overlaps: tuple[Overlap, ...]
    deadline: float
    readings: tuple[Reading, ...] = ()
    is_cancelled: Callable[[], bool] = never

    @property
    def tokens(self) -> int:
        """Tokens of all windows."""
        return sum(len(window.ids) for window in self.windows)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A question's windows, not made yet: the ``cut`` of the documents that are read, and how many of them are read."""

    question: int
    ids: IntArray
    cut: Cut
    windows: Windows

    @property
    def tokens(self) -> int:
        """Tokens of the windows that are read; if these are still to be chosen, as many as they may have."""
        return min(self.cut.total, self.windows.read * self.cut.longest)


class Preparer:
    """Prepares queries.

    Energies are divided by ``temperature``, which makes them logarithms of odds. A window's rank times ``prior_weight``
    is an energy.
    """

    def __init__(
        self, tokenizer: Tokenizer, decoding: Decoding, temperature: float, prior_weight: float, limits: Limits
    ) -> None:
        self._tokenizer = tokenizer
        self._decoding = decoding
        self._temperature = temperature
        self._prior_weight = prior_weight
        self._limits = limits

    def prepare(
        self,
        query: Query,
        documents: Documents,
        deadline: float,
        tokens_per_second: float | None,
        is_cancelled: Callable[[], bool] = never,
    ) -> Prepared:
        """Tokenize every question, and make the windows that are read of ``documents``, which are the query's contexts.

        Raises:
            RequestError: the query cannot be answered, or not by ``deadline``.
        """
        plans = [self._plan(query, documents, number, deadline) for number in range(len(query.questions))]
        self._limits.check(
            len(plans),
            sum(plan.windows.read for plan in plans),
            sum(plan.tokens for plan in plans),
            tokens_per_second,
        )
        priors = self._temperature * document_priors(query)[list(documents.read)]
        windows = list[Window]()
        for plan in plans:
            check_deadline(deadline)
            windows += self._windows(documents, plan, priors)
        return Prepared(
            replace(query, contexts=documents.contexts),
            documents.tokens,
            tuple(windows),
            tuple(plan.windows for plan in plans),
            documents.overlaps,
            deadline,
            documents.readings,
            is_cancelled,
        )

    def _plan(self, query: Query, documents: Documents, number: int, deadline: float) -> Plan:
        check_deadline(deadline)
        ids, options = self._question(query.questions[number], number, query.options), query.options
        cut = cut_windows(ids, documents.lengths, options.max_seq_len, options.doc_stride, question_number=number)
        of = len(cut)
        if self._decoding is Decoding.JOINT:
            return Plan(number, ids, cut, Windows(min(of, options.max_windows or of), of))
        for context, count in zip(documents.read, cut.counts.tolist(), strict=True):
            if count > 1:
                message = "{part} does not fit into one window, which card decoding requires."
                raise TooLarge(message, Part("context", context))
        return Plan(number, ids, cut, Windows(of, of))

    def _question(self, text: str, number: int, options: Options) -> IntArray:
        part, ids = Part("question", number), self._tokenizer.tokenize(text).ids
        if not len(ids):
            raise InvalidValue("{part} contains no readable text.", part)
        limit = options.max_question_len
        if limit is not None and len(ids) > limit:
            raise QuestionTooLong(f"The question has {len(ids)} tokens, but max_question_len is {limit}.", part)
        return ids

    def _windows(self, documents: Documents, plan: Plan, of_documents: Scores) -> list[Window]:
        """Make the windows that are read. ``of_documents`` are the priors of the documents read."""
        owners, starts, ends = plan.cut.places()
        priors, chosen = of_documents[owners], np.arange(plan.windows.of)
        if plan.windows.read < plan.windows.of:
            begins = (np.cumsum(documents.lengths) - documents.lengths)[owners]
            ranks = rank_windows(plan.ids, documents.ids, begins + starts, begins + ends)
            chosen = best_windows(priors + (self._prior_weight or 1.0) * ranks, plan.windows.read)
            priors = priors + self._prior_weight * ranks
        priors = priors - priors[chosen].max()
        windows = list[Window]()
        for index in chosen.tolist():
            number, prior = documents.read[owners[index]], float(priors[index])
            start, end, tokens = int(starts[index]), int(ends[index]), documents.tokens[number]
            windows.append(plan.cut.window(start, end, tokens, question=plan.question, document=number, prior=prior))
        return windows
