"""The model card's lines as functions: what a user of any of these servers would start from."""

from collections.abc import Sequence
from typing import Any

import torch
from setting import SETTING
from transformers import LukeForQuestionAnswering, MLukeTokenizer

MAX_TOKENS = 512


class Card:
    """The tokenizer and, unless another backend is used, the model in float32."""

    def __init__(self, with_model: bool = True) -> None:
        torch.set_num_threads(SETTING.threads)
        self.tokenizer = MLukeTokenizer.from_pretrained(SETTING.checkpoint)
        self.model = load_model() if with_model else None

    def encode(self, question: str, context: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(question, context, truncation="only_second", max_length=MAX_TOKENS)
        return ids

    def decode(self, ids: Sequence[int], start: Any, end: Any) -> str:
        """The answer from the logits of one input, each ``[tokens]``."""
        text: str = self.tokenizer.decode(ids[start.argmax() : end.argmax()])
        return text

    def answer(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        """Answer (question, context) pairs in one forward pass, padded to the longest."""
        rows = [self.encode(*pair) for pair in pairs]
        batch = self.tokenizer.pad({"input_ids": rows}, return_tensors="pt")
        with torch.inference_mode():
            logits = self.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
        starts, ends = logits.start_logits, logits.end_logits
        return [
            self.decode(row, start[: len(row)], end[: len(row)])
            for row, start, end in zip(rows, starts, ends, strict=True)
        ]


def load_model() -> Any:
    return LukeForQuestionAnswering.from_pretrained(SETTING.checkpoint, dtype=torch.float32).eval()
