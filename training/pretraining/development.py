"""Development figures during training: windows, best spans, character EM / F1. The served figures come from the engine
itself.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from luke_qa.tokenizer import PAD, TokenizedText, Tokenizer
from luke_qa.windows import Window, make_windows
from luke_qa_client.metrics import Score, score_answers
from training.data.qa_data import read_questions
from training.examples.examples import MAX_TOKENS
from training.network.network import Network, padded_logits

_STRIDE = 128
_MAX_ANSWER = 30
_ROW_TOKENS = 32_768


@dataclass(frozen=True, slots=True)
class Item:
    """One question, its windows and its gold answers."""

    context: str
    tokens: TokenizedText
    windows: list[Window]
    golds: tuple[str, ...]


def load_items(path: Path, tokenizer: Tokenizer, limit: int, seed: int = 7) -> list[Item]:
    """At most `limit` answerable questions of a set, chosen by `seed`; 0: all."""
    pairs = [(p.context, q) for p in read_questions(path) for q in p.questions if q.answers]
    random.Random(seed).shuffle(pairs)
    items = list[Item]()
    for context, question in pairs[: limit or None]:
        tokens = tokenizer.tokenize(context)
        windows = make_windows(tokenizer.tokenize(question.text).ids, tokens, MAX_TOKENS, _STRIDE)
        items.append(Item(context, tokens, windows, tuple(a.text for a in question.answers)))
    return items


def predict(network: Network, items: list[Item], device: torch.device, bf16: bool) -> list[str]:
    """The best answer of every item: the span of at most _MAX_ANSWER tokens with the highest logits over all its
    windows.
    """
    jobs = sorted(
        ((i, window) for i, item in enumerate(items) for window in item.windows),
        key=lambda job: len(job[1].ids),
    )
    best = [(-np.inf, "")] * len(items)
    at = 0
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        while at < len(jobs):
            count = max(1, _ROW_TOKENS // len(jobs[min(at + 64, len(jobs) - 1)][1].ids))
            batch = jobs[at : at + count]
            at += count
            width = max(len(window.ids) for _, window in batch)
            ids = torch.full((len(batch), width), PAD)
            for row, (_, window) in enumerate(batch):
                ids[row, : len(window.ids)] = torch.from_numpy(window.ids)
            logits = padded_logits(network, ids.to(device)).cpu().numpy()
            for row, (i, window) in enumerate(batch):
                score, start, end = _best_span(logits[row], window)
                if score > best[i][0]:
                    tokens = items[i].tokens
                    text = items[i].context[tokens.starts[start] : tokens.ends[end - 1]]
                    best[i] = (score, text.strip())
    return [text for _, text in best]


def _best_span(logits: np.ndarray, window: Window) -> tuple[float, int, int]:
    """Score and context tokens [start, end) of the best span; the end's logit is that of the token after it."""
    size = window.context_end - window.context_start
    starts = logits[window.first : window.first + size, 0]
    ends = logits[window.first + 1 : window.first + size + 1, 1]
    best = (-np.inf, 0, 1)
    for length in range(1, min(_MAX_ANSWER, size) + 1):
        sums = starts[: size - length + 1] + ends[length - 1 :]
        at = int(sums.argmax())
        if sums[at] > best[0]:
            best = (float(sums[at]), at, at + length)
    score, start, end = best
    return score, start + window.context_start, end + window.context_start


def evaluate(network: Network, items: list[Item], device: torch.device, bf16: bool) -> Score:
    """Character exact match and F1 of a network (left in its mode)."""
    mode = network.training
    network.eval()
    predictions = predict(network, items, device, bf16)
    network.train(mode)
    return score_answers((text, item.golds) for text, item in zip(predictions, items, strict=True))
