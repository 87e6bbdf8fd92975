"""The engine: queries in, answers out, in three steps that a server can run on a whole batch.

``prepare`` tokenizes one query and cuts its windows, ``compute`` returns the logits of the windows of several queries,
and ``decode`` returns the answers of one query.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import torch

from luke_qa.backends.base import Logits, Model
from luke_qa.backends.loading import load_model
from luke_qa.batching import plan_batches
from luke_qa.card import decode_card
from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import Backend, Decoding, EndLabel
from luke_qa.confidence import Thresholds
from luke_qa.errors import (
    CALLER_LEFT,
    OUT_OF_TIME,
    Cancelled,
    DeadlineExceeded,
    InvalidOption,
    InvalidValue,
    OutOfMemory,
    Part,
    QuestionTooLong,
    RequestError,
    TooLarge,
    check_deadline,
    report_failure,
)
from luke_qa.lines import Reading, join_lines, placed
from luke_qa.pace import Pace
from luke_qa.place import UNSCALED, PlattScaling
from luke_qa.query import Answers, Query
from luke_qa.spans import Document, decode_spans
from luke_qa.tokenizer import TokenizedText, Tokenizer
from luke_qa.windows import MAX_WINDOW_TOKENS, Window, make_windows

# Seconds by which a forward pass may exceed its deadline. A pass that would take longer is not started.
GRACE = 0.25


def never() -> bool:
    """The caller of a query stays: a server that does not know says so."""
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A query with its tokens, to be answered by ``deadline``, in seconds of the monotonic clock.

    The windows are ordered by question, then document, then position. With ``join_lines``, the contexts of ``query``
    are the texts of ``readings``; otherwise there are none. ``is_cancelled`` tells whether the caller has left.
    """

    query: Query
    documents: tuple[TokenizedText, ...]
    windows: tuple[Window, ...]
    deadline: float
    readings: tuple[Reading, ...] = ()
    is_cancelled: Callable[[], bool] = never

    @property
    def tokens(self) -> int:
        """Tokens of all windows."""
        return sum(len(window.ids) for window in self.windows)


class Engine:
    """A tokenizer, a model and a way of decoding."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        model: Model,
        end_label: EndLabel,
        temperature: float = 1.0,
        decoding: Decoding = Decoding.JOINT,
        max_window_tokens: int = MAX_WINDOW_TOKENS,
        reason: str = "",
        answer_boundaries: bool = True,
        place_scaling: PlattScaling = UNSCALED,
        thresholds: Thresholds | None = None,
    ) -> None:
        self.model = model
        self.reason = reason  # why this backend was chosen
        self._pace = Pace()
        self._max_window_tokens = max_window_tokens
        self._tokenizer = tokenizer
        self._end_label = end_label
        self._temperature = temperature
        self._decoding = decoding
        self._answer_boundaries = answer_boundaries
        self._place_scaling = place_scaling
        self._thresholds = thresholds

    @classmethod
    def from_checkpoint(
        cls,
        path: Path,
        device: str = "auto",
        dtype: str = "auto",
        token_budget: int | None = None,
        backend: Backend = Backend.AUTO,
        decoding: Decoding = Decoding.JOINT,
        max_window_tokens: int = MAX_WINDOW_TOKENS,
        answer_boundaries: bool = True,
    ) -> "Engine":
        """Load the checkpoint at ``path``. Arguments are as for ``backends.loading.load_model``.

        Raises:
            CheckpointError: the checkpoint cannot be served.
        """
        checkpoint = open_checkpoint(path)
        model, reason = load_model(checkpoint, backend, device, dtype, token_budget)
        return cls(
            Tokenizer.from_file(checkpoint.tokenizer_file),
            model,
            checkpoint.require_end_label(),
            checkpoint.temperature,
            decoding,
            max_window_tokens,
            reason,
            answer_boundaries,
            checkpoint.place_scaling,
            checkpoint.thresholds,
        )

    @property
    def max_tokens(self) -> int:
        """The maximum window length of the model."""
        return self.model.max_tokens

    def prepare(self, query: Query, deadline: float = math.inf, is_cancelled: Callable[[], bool] = never) -> Prepared:
        """Tokenize every question and every context once and cut the windows.

        Raises:
            RequestError: the query cannot be answered, or not by ``deadline``, in seconds of the monotonic clock. Its
                part is the question, context or option at fault.
        """
        if query.options.max_seq_len > self.max_tokens:
            raise InvalidOption(
                f"max_seq_len must be at most {self.max_tokens}, the longest input of this model.",
                Part("max_seq_len"),
            )
        readings = tuple(map(join_lines, query.contexts)) if query.options.join_lines else ()
        if readings:
            query = replace(query, contexts=tuple(reading.text for reading in readings))
        documents = tuple(
            self._tokenize(context, Part("context", number), deadline) for number, context in enumerate(query.contexts)
        )
        windows = list[Window]()
        tokens_left = self._max_window_tokens
        for number in range(len(query.questions)):
            of_question = self._question_windows(query, documents, number, tokens_left, deadline)
            windows += of_question
            tokens_left -= sum(len(window.ids) for window in of_question)
            if tokens_left < 0:
                raise TooLarge(
                    f"The windows of all questions and contexts exceed {self._max_window_tokens} tokens in total: "
                    "ask fewer questions at once, or use less text.",
                    Part("question", number),
                )
        return Prepared(query, documents, tuple(windows), deadline, readings, is_cancelled)

    def compute(self, batch: Sequence[Prepared]) -> list[list[Logits] | RequestError]:
        """Return the logits of the windows of every query, in their order, or the reason why there are none.

        Queries that fit into one forward pass are computed together and first. Larger ones follow one by one, so none
        of them delays the others or makes them fail. A query that would be late by more than ``GRACE`` ends with
        ``DeadlineExceeded``, before the forward pass that would make it late, and one whose caller has left with
        ``Cancelled``, before the next forward pass.
        """
        small = [index for index, item in enumerate(batch) if self.is_small(item)]
        large = sorted(set(range(len(batch))) - set(small), key=lambda index: batch[index].tokens)
        results: dict[int, list[Logits] | RequestError] = {}
        for group in (small, *([index] for index in large)):
            results |= self._compute_group(batch, group)
        return [results[index] for index in range(len(batch))]

    def is_small(self, prepared: Prepared) -> bool:
        """Return whether the query fits into one forward pass."""
        return prepared.tokens <= self.model.token_budget

    def decode(self, prepared: Prepared, logits: Sequence[Logits]) -> Iterator[Answers]:
        """Yield the answers of one question after another, from what ``compute`` returned for this query.

        Raises:
            DeadlineExceeded: the deadline of a large query passed before its last question. Small queries have no such
                check: they were computed first and are decoded quickly, so a large query must not make them late.
        """
        deadline = math.inf if self.is_small(prepared) else prepared.deadline
        for documents in _documents_by_question(prepared, logits):
            check_deadline(deadline)
            if self._decoding is Decoding.CARD:
                of_documents = (decode_card(self._tokenizer, document, i) for i, document in enumerate(documents))
                answers = max(of_documents, key=lambda item: item.spans[0].score)
            else:
                answers = decode_spans(
                    documents,
                    prepared.query.options,
                    self._end_label,
                    self._temperature,
                    self._answer_boundaries,
                    self._place_scaling,
                    self._thresholds,
                )
            yield placed(answers, prepared.readings) if prepared.readings else answers

    def warm_up(self) -> None:
        """Run one forward pass, so that the first request does not bear the start-up cost."""
        prefix = self._tokenizer.tokenize("苺は好きですか。")
        self.model.logits([make_windows(prefix.ids, prefix, self.max_tokens, 0)[0].ids])

    def _tokenize(self, text: str, part: Part, deadline: float) -> TokenizedText:
        check_deadline(deadline)
        tokens = self._tokenizer.tokenize(text)
        if not len(tokens):
            raise InvalidValue("{part} contains no readable text.", part)
        return tokens

    def _question_windows(
        self, query: Query, documents: Sequence[TokenizedText], number: int, token_limit: int, deadline: float
    ) -> list[Window]:
        options, part = query.options, Part("question", number)
        ids = self._tokenize(query.questions[number], part, deadline).ids
        limit = options.max_question_len
        if limit is not None and len(ids) > limit:
            raise QuestionTooLong(f"The question has {len(ids)} tokens, but max_question_len is {limit}.", part)
        windows = list[Window]()
        for document_number, document in enumerate(documents):
            of_document = make_windows(
                ids,
                document,
                options.max_seq_len,
                options.doc_stride,
                token_limit,
                question_number=number,
                document_number=document_number,
            )
            if self._decoding is Decoding.CARD and len(of_document) > 1:
                raise TooLarge(
                    "{part} does not fit into one window, which card decoding requires.",
                    Part("context", document_number),
                )
            windows += of_document
        return windows

    def _compute_group(self, batch: Sequence[Prepared], group: Sequence[int]) -> dict[int, list[Logits] | RequestError]:
        """Compute some queries together. If that fails, compute each alone, so that only the culprit fails."""
        try:
            return self._run({index: batch[index] for index in group})
        except Exception as error:
            failure = report_failure(error)
        # Here nothing refers to the failed pass any more, so its memory has been freed.
        if isinstance(failure, OutOfMemory) and torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(group) == 1:
            return {group[0]: failure}
        alone = (self._compute_group(batch, [index]) for index in group)
        return {index: result for part in alone for index, result in part.items()}

    def _run(self, queries: Mapping[int, Prepared]) -> dict[int, list[Logits] | RequestError]:
        """Run the forward passes of some queries, by number, skipping those that would be late or are cancelled."""
        owned = [(number, window) for number, query in queries.items() for window in query.windows]
        logits: dict[int, Logits] = {}  # by index in ``owned``
        ended: dict[int, RequestError] = {}  # by number
        for batch in plan_batches([len(window.ids) for _, window in owned], self.model.token_budget):
            end = time.monotonic() + self._pace.seconds(sum(len(owned[i][1].ids) for i in batch))
            numbers = {owned[i][0] for i in batch} - ended.keys()
            ended |= {number: Cancelled(CALLER_LEFT) for number in numbers if queries[number].is_cancelled()}
            too_late = {number for number in numbers - ended.keys() if end > queries[number].deadline + GRACE}
            if too_late:
                self._pace.doubt()
                ended |= {number: DeadlineExceeded(OUT_OF_TIME) for number in too_late}
            if wanted := [i for i in batch if owned[i][0] not in ended]:
                logits |= zip(wanted, self._pass([owned[i][1] for i in wanted]), strict=True)
        found: dict[int, list[Logits]] = {number: [] for number in queries}
        for i, (number, _) in enumerate(owned):
            if number not in ended:
                found[number].append(logits[i])
        return found | ended

    def _pass(self, windows: Sequence[Window]) -> list[Logits]:
        """One forward pass."""
        started = time.monotonic()
        logits = self.model.logits([window.ids for window in windows])
        if not all(np.isfinite(each.start).all() and np.isfinite(each.end).all() for each in logits):
            raise FloatingPointError("The logits are not finite: does the checkpoint overflow this dtype?")
        self._pace.learn(sum(len(window.ids) for window in windows), time.monotonic() - started)
        return logits


def _documents_by_question(prepared: Prepared, logits: Sequence[Logits]) -> Iterator[list[Document]]:
    """Yield the documents of one question after another, each with its windows and their logits."""
    pairs = zip(prepared.windows, logits, strict=True)
    for _, of_question in groupby(pairs, lambda pair: pair[0].question):
        yield [
            Document(prepared.query.contexts[number], prepared.documents[number], *zip(*of_document, strict=True))
            for number, of_document in groupby(of_question, lambda pair: pair[0].document)
        ]
