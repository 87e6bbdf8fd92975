"""Development figures during pretraining, with the engine's windows, batches and decoding."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from luke_qa.backends.base import Logits
from luke_qa.batching import plan_batches
from luke_qa.choices import EndLabel
from luke_qa.query import Options
from luke_qa.spans import Document, decode_spans
from luke_qa.tokenizer import PAD, IntArray, TokenizedText, Tokenizer
from luke_qa.windows import Window, make_windows
from luke_qa_client.metrics import Score, score_answers
from training.data.qa_data import read_questions
from training.examples.examples import MAX_TOKENS
from training.network.network import Network, padded_logits

_OPTIONS = Options(top_k=1, max_answer_len=30, max_seq_len=MAX_TOKENS, doc_stride=128)
_TOKEN_BUDGET = 32_768  # tokens of one forward pass


@dataclass(frozen=True, slots=True)
class Item:
    """One question: its context, the context's tokens, the windows, and the gold answers."""

    context: str
    tokens: TokenizedText
    windows: list[Window]
    golds: tuple[str, ...]


def load_items(path: Path, tokenizer: Tokenizer, limit: int, seed: int = 7) -> list[Item]:
    """Read at most ``limit`` answerable questions of a set, drawn with ``seed``; 0 means all.

    Raises:
        QuestionTooLong: a question leaves no room for the context in a window.
    """
    pairs = [(p.context, q) for p in read_questions(path) for q in p.questions if q.answers]
    random.Random(seed).shuffle(pairs)
    items = list[Item]()
    for context, question in pairs[: limit or None]:
        tokens = tokenizer.tokenize(context)
        ids = tokenizer.tokenize(question.text).ids
        windows = make_windows(ids, tokens, _OPTIONS.max_seq_len, _OPTIONS.doc_stride)
        items.append(Item(context, tokens, windows, tuple(answer.text for answer in question.answers)))
    return items


def evaluate(network: Network, items: Sequence[Item], device: torch.device, bf16: bool) -> Score:
    """Measure character exact match and F1 of ``network``, whose mode (training or evaluation) is preserved."""
    mode = network.training
    network.eval()
    logits = iter(_all_logits(network, [window.ids for item in items for window in item.windows], device, bf16))
    network.train(mode)
    documents = [
        Document(item.context, item.tokens, item.windows, [next(logits) for _ in item.windows]) for item in items
    ]
    return score_answers((_answer(document), item.golds) for document, item in zip(documents, items, strict=True))


def _answer(document: Document) -> str:
    return decode_spans([document], _OPTIONS, EndLabel.EXCLUSIVE, temperature=1.0).spans[0].answer


def _all_logits(network: Network, windows: Sequence[IntArray], device: torch.device, bf16: bool) -> list[Logits]:
    found = dict[int, Logits]()
    for batch in plan_batches([len(ids) for ids in windows], _TOKEN_BUDGET):
        for index, logits in zip(batch, _logits(network, [windows[i] for i in batch], device, bf16), strict=True):
            found[index] = logits
    return [found[index] for index in range(len(windows))]


def _logits(network: Network, windows: Sequence[IntArray], device: torch.device, bf16: bool) -> list[Logits]:
    ids = torch.full((len(windows), max(map(len, windows))), PAD)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = torch.from_numpy(window)
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        logits = padded_logits(network, ids.to(device)).cpu().numpy()  # [windows, tokens, 2]
    return [Logits(*row[: len(window)].T) for row, window in zip(logits, windows, strict=True)]
