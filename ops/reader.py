"""A checkpoint run as in the server: with the engine's own tokens, windows, forward pass and decoding."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from luke_qa.backends.base import Logits, Model
from luke_qa.backends.loading import load_model
from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import Backend, EndLabel
from luke_qa.cost import Limits
from luke_qa.engine import Engine
from luke_qa.errors import RequestError
from luke_qa.metadata import UNFITTED, Fitted
from luke_qa.preparation import Prepared
from luke_qa.query import Answers, Options, Query
from luke_qa.tokenizer import Tokenizer

MAX_ANSWER_LEN = 30  # the server's defaults
DOC_STRIDE = 128


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions over the same contexts."""

    questions: tuple[str, ...]
    contexts: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """Tokens and windows of some questions, and the logits of every window."""

    prepared: Prepared
    logits: list[Logits]


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """The parts of an engine; engines at several temperatures can share one model."""

    tokenizer: Tokenizer
    model: Model
    end_label: EndLabel
    fitted: Fitted = UNFITTED

    @classmethod
    def open(
        cls,
        path: Path,
        device: str = "auto",
        dtype: str = "auto",
        end_label: EndLabel | None = None,
        backend: Backend = Backend.AUTO,
    ) -> "Reader":
        """Open the checkpoint at ``path``; backend, device and dtype as for ``load_model``.

        ``end_label`` is used if the checkpoint does not declare one.

        Raises:
            CheckpointError: the checkpoint cannot be served.
        """
        checkpoint = open_checkpoint(path)
        tokenizer = Tokenizer.from_file(checkpoint.tokenizer_file)
        model, _ = load_model(checkpoint, backend, device, dtype)
        return cls(
            tokenizer,
            model,
            end_label or checkpoint.require_end_label(),
            checkpoint.fitted,
        )

    def compute(self, asked: Sequence[Asked]) -> list[Computed]:
        """Compute the logits for all items.

        Raises:
            RequestError: the server would reject a question or context.
        """
        engine = self.engine()
        prepared = [engine.prepare(_query(item, engine.max_tokens)) for item in asked]
        computed = list[Computed]()
        for item, logits in zip(prepared, engine.compute(prepared), strict=True):
            if isinstance(logits, RequestError):
                raise logits
            computed.append(Computed(item, logits))
        return computed

    def decode(self, computed: Sequence[Computed], temperature: float | None = None) -> list[list[Answers]]:
        """Decode the answers to every question; at the checkpoint's temperature unless another is given."""
        engine = self.engine(temperature)
        return [list(engine.decode(item.prepared, item.logits)) for item in computed]

    def answer(self, asked: Sequence[Asked]) -> list[list[Answers]]:
        """Run ``compute`` and ``decode``."""
        return self.decode(self.compute(asked))

    def engine(self, temperature: float | None = None) -> Engine:
        """Return an engine that answers whatever the size; at the checkpoint's temperature unless another is given."""
        fitted = self.fitted if temperature is None else replace(self.fitted, temperature=temperature)
        return Engine(self.tokenizer, self.model, self.end_label, fitted, limits=Limits(sys.maxsize))


def _query(asked: Asked, max_tokens: int) -> Query:
    stride = min(DOC_STRIDE, max_tokens // 2)
    options = Options(top_k=1, max_answer_len=MAX_ANSWER_LEN, max_seq_len=max_tokens, doc_stride=stride)
    return Query(asked.questions, asked.contexts, options)
