"""The engine: queries in, answers out, in three steps that a server can run on a whole batch.

``prepare`` (tokens and windows of one query), ``compute`` (logits for the windows of many), ``decode``
(answers of one).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from luke_qa.backends.base import Logits, Model
from luke_qa.backends.choice import load_model
from luke_qa.batching import plan_batches
from luke_qa.card import decode_card
from luke_qa.checkpoint import EndLabel, open_checkpoint
from luke_qa.choices import Backend, Decoding
from luke_qa.errors import (
    InvalidOption,
    InvalidValue,
    OutOfMemory,
    QuestionTooLong,
    RequestError,
    TooLarge,
    as_request_error,
    check_deadline,
)
from luke_qa.query import Answers, Query
from luke_qa.spans import Document, decode_spans
from luke_qa.tokenizer import TokenizedText, Tokenizer
from luke_qa.windows import MAX_WINDOW_TOKENS, Window, make_windows


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A query with its tokens: ``windows[q][d]`` are those of question q over document d."""

    query: Query
    documents: tuple[TokenizedText, ...]
    windows: tuple[tuple[tuple[Window, ...], ...], ...]

    @property
    def tokens(self) -> int:
        """Tokens of all windows."""
        return sum(len(window.ids) for window in self.all_windows())

    def all_windows(self) -> Iterator[Window]:
        for documents in self.windows:
            for windows in documents:
                yield from windows


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
    ) -> None:
        self.model = model
        self.reason = reason  # why it is this model that computes
        self._max_window_tokens = max_window_tokens
        self._tokenizer = tokenizer
        self._end_label = end_label
        self._temperature = temperature
        self._decoding = decoding

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
    ) -> "Engine":
        """Load the checkpoint at ``path``; arguments as for ``backends.choice.load_model``.

        Raises:
            CheckpointError: it cannot be served.
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
        )

    @property
    def max_tokens(self) -> int:
        """The longest window that the model takes."""
        return self.model.max_tokens

    def prepare(self, query: Query) -> Prepared:
        """Tokenize every question and every context once and cut the windows.

        Raises:
            RequestError: the query cannot be answered; nothing was computed.
        """
        options = query.options
        if options.max_seq_len > self.max_tokens:
            raise InvalidOption(
                f"max_seq_len must be at most {self.max_tokens}, the longest input of this model.",
                f"{query.options_prefix}max_seq_len",
            )
        documents = tuple(map(self._tokenizer.tokenize, query.contexts))
        for field, document in zip(query.context_fields, documents, strict=True):
            if not len(document):
                raise InvalidValue(f"{field} holds no readable text.", field)
        windows, tokens_left = [], self._max_window_tokens
        for question, field in zip(query.questions, query.question_fields, strict=True):
            windows.append(self._question_windows(query, documents, question, field, tokens_left))
            tokens_left -= sum(len(window.ids) for of_document in windows[-1] for window in of_document)
            if tokens_left < 0:
                raise TooLarge(
                    f"The questions and contexts make windows of more than {self._max_window_tokens} tokens in all: "
                    "ask fewer questions at once, or over less text.",
                    field,
                )
        return Prepared(query, documents, tuple(windows))

    def compute(self, batch: Sequence[Prepared], time_limit: float) -> list[list[Logits] | RequestError]:
        """Logits for the windows of every query, in the order of ``all_windows``; or why that query has none.

        Queries that fit into one forward pass are computed together and first; larger ones follow one by
        one, so that none of them holds up or takes down its neighbours. What is not done after
        ``time_limit`` seconds ends with ``DeadlineExceeded``.
        """
        deadline = time.monotonic() + time_limit
        small = [index for index, item in enumerate(batch) if self.is_small(item)]
        large = sorted(set(range(len(batch))) - set(small), key=lambda index: batch[index].tokens)
        results: dict[int, list[Logits] | RequestError] = {}
        for group in (small, *([index] for index in large)):
            results |= self._compute_group(batch, group, deadline)
        return [results[index] for index in range(len(batch))]

    def is_small(self, prepared: Prepared) -> bool:
        """Whether one forward pass has room for all of it."""
        return prepared.tokens <= self.model.token_budget

    def decode(self, prepared: Prepared, logits: Sequence[Logits]) -> Iterator[Answers]:
        """The answers of question after question, from what ``compute`` gave for this query."""
        remaining = iter(logits)
        for windows in prepared.windows:
            parts = [[next(remaining) for _ in of_document] for of_document in windows]
            yield self._decode_question(prepared, windows, parts)

    def warm_up(self) -> None:
        """One forward pass, so that the first request does not pay for start-up work."""
        prefix = self._tokenizer.tokenize("苺は好きですか。")
        self.model.logits([make_windows(prefix.ids, prefix, self.max_tokens, 0)[0].ids])

    def _question_windows(
        self, query: Query, documents: Sequence[TokenizedText], question: str, field: str, token_limit: int
    ) -> tuple[tuple[Window, ...], ...]:
        options, ids = query.options, self._tokenizer.tokenize(question).ids
        if not len(ids):
            raise InvalidValue(f"{field} holds no readable text.", field)
        limit = options.max_question_len
        if limit is not None and len(ids) > limit:
            raise QuestionTooLong(f"The question has {len(ids)} tokens, but max_question_len is {limit}.", field)
        try:
            windows = tuple(
                tuple(make_windows(ids, document, options.max_seq_len, options.doc_stride, token_limit))
                for document in documents
            )
        except (QuestionTooLong, TooLarge) as error:
            error.field = field
            raise
        except InvalidOption as error:
            error.field = f"{query.options_prefix}{error.field}"
            raise
        if self._decoding is Decoding.CARD:
            for name, parts in zip(query.context_fields, windows, strict=True):
                if len(parts) > 1:
                    raise TooLarge(
                        f"{name} is longer than one window, which is all that the card's decoding reads.",
                        name,
                    )
        return windows

    def _compute_group(
        self, batch: Sequence[Prepared], group: Sequence[int], deadline: float
    ) -> dict[int, list[Logits] | RequestError]:
        """Compute some queries together; if that fails, each alone, so that only the culprit is left without answer."""
        windows = [window for index in group for window in batch[index].all_windows()]
        try:
            logits = iter(self._run(windows, deadline))
            return {index: [next(logits) for _ in batch[index].all_windows()] for index in group}
        except Exception as error:
            failure = as_request_error(error)
        # Out here the failed pass is no longer referred to, so that its memory is free again.
        if isinstance(failure, OutOfMemory) and torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(group) == 1:
            return {group[0]: failure}
        alone = (self._compute_group(batch, [index], deadline) for index in group)
        return {index: result for part in alone for index, result in part.items()}

    def _run(self, windows: Sequence[Window], deadline: float) -> list[Logits]:
        results: dict[int, Logits] = {}
        lengths = [len(window.ids) for window in windows]
        for batch in plan_batches(lengths, self.model.token_budget):
            check_deadline(deadline)
            for index, logits in zip(batch, self.model.logits([windows[i].ids for i in batch]), strict=True):
                if not (np.isfinite(logits.start).all() and np.isfinite(logits.end).all()):
                    raise FloatingPointError("The logits are not finite: does the checkpoint overflow this dtype?")
                results[index] = logits
        return [results[index] for index in range(len(windows))]

    def _decode_question(
        self,
        prepared: Prepared,
        windows: Sequence[Sequence[Window]],
        logits: Sequence[Sequence[Logits]],
    ) -> Answers:
        query = prepared.query
        documents = [
            Document(*parts) for parts in zip(query.contexts, prepared.documents, windows, logits, strict=True)
        ]
        if self._decoding is Decoding.CARD:
            answers = (decode_card(self._tokenizer, document, i) for i, document in enumerate(documents))
            return max(answers, key=lambda item: item.spans[0].score)
        return decode_spans(documents, query.options, self._end_label, self._temperature)
