"""From a query and its documents to the windows that are read: all windows, then the most promising of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from luke_qa.choices import Decoding
from luke_qa.cost import Limits
from luke_qa.documents import Documents, title_ids
from luke_qa.errors import InvalidValue, Part, QuestionTooLong, TooLarge, check_deadline
from luke_qa.lines import Reading
from luke_qa.overlaps import Overlap
from luke_qa.plans import Plan, rank_plan
from luke_qa.priors import document_priors
from luke_qa.query import Options, Query, Windows
from luke_qa.shortlist import Scores, choose_windows
from luke_qa.tokenizer import IntArray, TokenizedText, Tokenizer
from luke_qa.windows import Window, cut_windows


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
        titles = title_ids(self._tokenizer, query.titles, documents)
        priors = self._temperature * document_priors(query)[list(documents.read)]
        plans = [
            self._plan(query, documents, titles, number, priors, deadline) for number in range(len(query.questions))
        ]
        windows_read = tuple(plan.windows_read for plan in plans)
        self._limits.check(
            len(plans),
            sum(windows.read for windows in windows_read),
            sum(plan.tokens for plan in plans),
            tokens_per_second,
        )
        windows = list[Window]()
        for plan in plans:
            check_deadline(deadline)
            windows += plan.windows(documents, priors)
        return Prepared(
            replace(query, contexts=documents.contexts),
            documents.tokens,
            tuple(windows),
            windows_read,
            documents.overlaps,
            deadline,
            documents.readings,
            is_cancelled,
        )

    def _plan(
        self,
        query: Query,
        documents: Documents,
        titles: Sequence[IntArray],
        number: int,
        priors: Scores,
        deadline: float,
    ) -> Plan:
        check_deadline(deadline)
        ids, options = self._question(query.questions[number], number, query.options), query.options
        cut = cut_windows(ids, documents.lengths, options.max_seq_len, options.doc_stride, question_number=number)
        if self._decoding is Decoding.JOINT:
            if options.max_windows is None or len(cut) <= options.max_windows:
                return Plan(number, cut)
            ranks = rank_plan(documents, titles, cut, ids, self._tokenizer.information)
            of_windows = np.repeat(priors, cut.counts)
            weight, temperature = self._prior_weight, self._temperature
            return Plan(number, cut, choose_windows(ranks, of_windows, weight, options.max_windows, temperature))
        for context, count in zip(documents.read, cut.counts.tolist(), strict=True):
            if count > 1:
                message = "{part} does not fit into one window, which card decoding requires."
                raise TooLarge(message, Part("context", context))
        return Plan(number, cut)

    def _question(self, text: str, number: int, options: Options) -> IntArray:
        part, ids = Part("question", number), self._tokenizer.tokenize(text).ids
        if not len(ids):
            raise InvalidValue("{part} contains no readable text.", part)
        limit = options.max_question_len
        if limit is not None and len(ids) > limit:
            raise QuestionTooLong(f"The question has {len(ids)} tokens, but max_question_len is {limit}.", part)
        return ids
