"""The engine: queries in, answers out, in three steps that a server can run on a whole batch.

``prepare`` tokenizes one query and cuts its windows, ``compute`` returns the logits of the windows of several queries,
and ``decode`` returns the answers of one query.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import torch

from luke_qa.backends.base import DeviceLost, Logits, Model
from luke_qa.backends.loading import load_model
from luke_qa.batching import plan_batches
from luke_qa.card import decode_card
from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import Backend, Decoding, EndLabel
from luke_qa.cost import Limits
from luke_qa.documents import DocumentReader, Documents
from luke_qa.errors import (
    CALLER_LEFT,
    OUT_OF_TIME,
    Cancelled,
    DeadlineExceeded,
    InvalidOption,
    OutOfMemory,
    Part,
    RequestError,
    check_deadline,
    report_failure,
)
from luke_qa.lines import placed
from luke_qa.metadata import UNFITTED, Fitted
from luke_qa.pace import Pace
from luke_qa.passage import with_passages
from luke_qa.preparation import Prepared, Preparer, never
from luke_qa.query import Answers, Query
from luke_qa.regions import split_regions
from luke_qa.spans import Document, decode_spans, relative_to_no_answer
from luke_qa.tokenizer import Tokenizer
from luke_qa.windows import Window, make_windows

NO_LIMITS: Final = Limits()

_WARM_UP_TEXT: Final = "苺は好きですか。" * 100
_LONG_ENOUGH: Final = 0.05  # seconds
_TIMER_STEP: Final = 1e-6  # seconds

# Seconds by which a forward pass may exceed its deadline. A pass that would take longer is not started.
GRACE = 0.25


class Engine:
    """A tokenizer, a model and a way of decoding."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        model: Model,
        end_label: EndLabel,
        fitted: Fitted = UNFITTED,
        decoding: Decoding = Decoding.JOINT,
        limits: Limits = NO_LIMITS,
        reason: str = "",
        answer_boundaries: bool = True,
        remembered_tokens: int = 0,
    ) -> None:
        self.model = model
        self.reason = reason  # why this backend was chosen
        self.tokens_per_second: float | None = None  # the fastest pass since ``warm_up``, which measures the first
        self._pace = Pace()
        self._preparer = Preparer(tokenizer, decoding, fitted.temperature, fitted.prior_weight, limits)
        self._reader = DocumentReader(tokenizer, remembered_tokens)
        self._limits = limits
        self._tokenizer = tokenizer
        self._end_label = end_label
        self._fitted = fitted
        self._decoding = decoding
        self._answer_boundaries = answer_boundaries

    @classmethod
    def from_checkpoint(
        cls,
        path: Path,
        device: str = "auto",
        dtype: str = "auto",
        token_budget: int | None = None,
        backend: Backend = Backend.AUTO,
        decoding: Decoding = Decoding.JOINT,
        limits: Limits = NO_LIMITS,
        answer_boundaries: bool = True,
        remembered_tokens: int = 0,
    ) -> "Engine":
        """Load the checkpoint at ``path``. Arguments are as for ``backends.loading.load_model``.

        Of the texts that it reads, the engine remembers the tokens of the last ones, up to ``remembered_tokens``.

        Raises:
            CheckpointError: the checkpoint cannot be served.
        """
        checkpoint = open_checkpoint(path)
        model, reason = load_model(checkpoint, backend, device, dtype, token_budget)
        return cls(
            Tokenizer.from_file(checkpoint.tokenizer_file),
            model,
            checkpoint.require_end_label(),
            checkpoint.fitted,
            decoding,
            limits,
            reason,
            answer_boundaries,
            remembered_tokens,
        )

    @property
    def max_tokens(self) -> int:
        """The maximum window length of the model."""
        return self.model.max_tokens

    def read(self, contexts: Sequence[str], with_joined_lines: bool, deadline: float = math.inf) -> Documents:
        """Read documents once, for any number of queries over exactly these contexts.

        Raises:
            InvalidValue: no context contains readable text.
            DeadlineExceeded: the deadline, in seconds of the monotonic clock, has passed.
        """
        return self._reader.read(contexts, with_joined_lines, deadline)

    def prepare(
        self,
        query: Query,
        deadline: float = math.inf,
        is_cancelled: Callable[[], bool] = never,
        documents: Documents | None = None,
    ) -> Prepared:
        """Tokenize every question and every context once and make the windows that are read.

        ``documents`` are what ``read`` returned for the query's contexts (None: they are read now).

        Raises:
            RequestError: the query cannot be answered, or not by ``deadline``, in seconds of the monotonic clock. Its
                part is the question, context or option at fault.
        """
        options = query.options
        if options.max_seq_len > self.max_tokens:
            raise InvalidOption(
                f"max_seq_len must be at most {self.max_tokens}, the longest input of this model.",
                Part("max_seq_len"),
            )
        if documents is None:
            documents = self.read(query.contexts, options.join_lines, deadline)
        return self._preparer.prepare(query, documents, deadline, self.tokens_per_second, is_cancelled)

    def check_cost(self, together: Sequence[Prepared]) -> None:
        """Check what several queries cost together, as parts of one request.

        Raises:
            TooLarge: it exceeds a limit.
        """
        questions = sum(len(prepared.windows_read) for prepared in together)
        windows = sum(len(prepared.windows) for prepared in together)
        tokens = sum(prepared.tokens for prepared in together)
        self._limits.check(questions, windows, tokens, self.tokens_per_second)

    def compute(self, batch: Sequence[Prepared]) -> list[list[Logits] | RequestError]:
        """Return the logits of the windows of every query, in their order, or the reason why there are none.

        Queries that fit into one forward pass are computed together and first. Larger ones follow one by one, so none
        of them delays the others or makes them fail. A query that would be late by more than ``GRACE`` ends with
        ``DeadlineExceeded``, before the forward pass that would make it late, and one whose caller has left with
        ``Cancelled``, before the next forward pass.

        Raises:
            DeviceLost: only a new process can compute anything more.
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
        options, by_question = prepared.query.options, _documents_by_question(prepared, logits)
        for read, documents in zip(prepared.windows_read, by_question, strict=True):
            check_deadline(deadline)
            if self._decoding is Decoding.CARD:
                answers = max(
                    (decode_card(self._tokenizer, document) for document in documents),
                    key=lambda item: item.spans[0].score,
                )
            else:
                if self._fitted.relative_energies:
                    documents = [relative_to_no_answer(document) for document in documents]
                regions = [region for document in documents for region in split_regions(document)]
                answers = decode_spans(
                    regions,
                    options,
                    self._end_label,
                    self._fitted.temperature,
                    self._answer_boundaries,
                    prepared.overlaps,
                    self._fitted.place_scaling,
                    self._fitted.thresholds,
                    self._fitted.phrase_weight,
                )
            if options.passage is not None:
                answers = with_passages(answers, prepared.query.contexts, options.passage)
            if prepared.readings:
                answers = placed(answers, prepared.readings)
            yield replace(answers, windows=read)

    def warm_up(self) -> None:
        """Run a few forward passes, so that the first request does not bear the start-up cost, and measure the speed.

        After the first pass, their size doubles until one takes long enough to be timed.
        """
        context = self._tokenizer.tokenize(_WARM_UP_TEXT)
        window = make_windows(context.ids[:0], context, self.max_tokens, 0)[0].ids
        self.model.logits([window])
        count, fastest = 1, 0.0
        while True:
            started = time.monotonic()
            self.model.logits([window] * count)
            seconds = time.monotonic() - started
            fastest = max(fastest, count * len(window) / max(seconds, _TIMER_STEP))
            count *= 2
            if seconds > _LONG_ENOUGH or count * len(window) > self.model.token_budget:
                break
        self.tokens_per_second = fastest

    def _compute_group(self, batch: Sequence[Prepared], group: Sequence[int]) -> dict[int, list[Logits] | RequestError]:
        """Compute some queries together. If that fails, compute each alone, so that only the culprit fails."""
        try:
            return self._run({index: batch[index] for index in group})
        except DeviceLost:
            raise
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
        tokens, seconds = sum(len(window.ids) for window in windows), time.monotonic() - started
        self._pace.learn(tokens, seconds)
        if self.tokens_per_second is not None:  # the machine may have been busy at the start
            self.tokens_per_second = max(self.tokens_per_second, tokens / max(seconds, _TIMER_STEP))
        return logits


def _documents_by_question(prepared: Prepared, logits: Sequence[Logits]) -> Iterator[list[Document]]:
    """Yield the documents of one question after another, each with its windows and their logits."""
    pairs = zip(prepared.windows, logits, strict=True)
    for _, of_question in groupby(pairs, lambda pair: pair[0].question):
        documents = list[Document]()
        for number, of_document in groupby(of_question, lambda pair: pair[0].document):
            windows, found = zip(*of_document, strict=True)
            context, tokens = prepared.query.contexts[number], prepared.documents[number]
            documents.append(Document(context, tokens, windows, found, number))
        yield documents
