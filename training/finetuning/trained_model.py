"""A model in training as the serving engine sees it, so that every epoch is measured as it would be served."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import LukeForQuestionAnswering

from luke_qa.backends.base import Logits
from luke_qa.checkpoint import RESERVED_POSITIONS
from luke_qa.tokenizer import IntArray
from training.finetuning.features import Feature, collate


@dataclass(frozen=True, slots=True, eq=False)
class TrainedModel:
    """The engine's ``Model`` over transformers' own forward pass."""

    network: LukeForQuestionAnswering
    bf16: bool
    token_budget: int = 4096  # tokens of one pass

    @property
    def max_tokens(self) -> int:
        positions: int = self.network.config.max_position_embeddings
        return positions - RESERVED_POSITIONS

    def describe(self) -> dict[str, str]:
        return {"device": str(self.network.device), "dtype": "bfloat16" if self.bf16 else "float32"}

    def logits(self, windows: Sequence[IntArray]) -> list[Logits]:
        """Compute the logits of every window, without those of padding."""
        batch = collate([Feature(ids, 0, 0) for ids in windows])
        device = self.network.device
        inputs = {name: batch[name].to(device) for name in ("input_ids", "attention_mask")}
        was_training = self.network.training
        self.network.train(False)
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=self.bf16):
            output = self.network(**inputs)
        self.network.train(was_training)
        starts, ends = output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
        return [Logits(s[: len(ids)], e[: len(ids)]) for ids, s, e in zip(windows, starts, ends, strict=True)]
