"""A handler in the style of TorchServe's Hugging Face example: inputs padded to the limit, a batch in one call."""

import json
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, MLukeTokenizer
from ts.torch_handler.base_handler import BaseHandler

MAX_TOKENS = 512


class QuestionAnswering(BaseHandler):
    def initialize(self, context: Any) -> None:
        directory = context.system_properties["model_dir"]
        self.tokenizer = MLukeTokenizer.from_pretrained(directory)
        self.model = AutoModelForQuestionAnswering.from_pretrained(directory, dtype=torch.float32).eval()
        self.initialized = True

    def preprocess(self, requests: list[dict[str, Any]]) -> tuple[torch.Tensor, torch.Tensor]:
        encoded = [self._encode(request.get("data") or request.get("body")) for request in requests]
        return torch.cat([one["input_ids"] for one in encoded]), torch.cat([one["attention_mask"] for one in encoded])

    def inference(self, batch: tuple[torch.Tensor, torch.Tensor]) -> list[dict[str, str]]:
        ids, mask = batch
        with torch.inference_mode():
            logits = self.model(input_ids=ids, attention_mask=mask)
        starts, ends = logits.start_logits.argmax(1), logits.end_logits.argmax(1)
        rows = zip(ids, starts, ends, strict=True)
        return [{"answer": self.tokenizer.decode(row[start:end])} for row, start, end in rows]

    def postprocess(self, answers: list[dict[str, str]]) -> list[dict[str, str]]:
        return answers

    def _encode(self, body: Any) -> Any:
        fields = body if isinstance(body, dict) else json.loads(body)
        return self.tokenizer(
            fields["question"],
            fields["context"],
            padding="max_length",
            truncation="only_second",
            max_length=MAX_TOKENS,
            return_tensors="pt",
        )
