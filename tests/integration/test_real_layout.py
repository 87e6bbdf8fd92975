"""A checkpoint in the very layout and size of the real one, with random weights: packaged, started, asked."""

import json
from pathlib import Path

import pytest
import requests
import safetensors.torch
import torch

from luke_qa.choices import EndLabel
from ops.archive import build_archive
from ops.instance import Instance
from ops.layout import MODEL_NAME
from ops.server import start
from tests.integration.test_wire import CONTEXT, QUESTION
from tests.support.checkpoints import REAL, SHARED_TOKENIZER, TOKENIZER_FILE, edit_config, write_checkpoint

LAYOUT = {
    "added_tokens.json",
    "config.json",
    "entity_vocab.json",
    "model.safetensors",
    "pytorch_model.bin",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "tokenizer_config.json",
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_real_layout_is_packaged_started_and_asked(own_instance: Instance, tmp_path: Path) -> None:
    # With the 32,768 pieces of the real vocabulary, where such a model is at hand.
    tokenizer = SHARED_TOKENIZER if SHARED_TOKENIZER.exists() else TOKENIZER_FILE
    checkpoint = write_checkpoint(tmp_path / "luke-japanese-base-finetuned-QA", REAL, tokenizer)
    edit_config(checkpoint, remove="luke_qa")
    weights = safetensors.torch.load((checkpoint / "model.safetensors").read_bytes())
    torch.save(weights, checkpoint / "pytorch_model.bin")
    assert {file.name for file in checkpoint.iterdir()} == LAYOUT

    archive = tmp_path / "store" / f"{MODEL_NAME}.mar"
    build_archive(checkpoint, EndLabel.EXCLUSIVE, archive)
    start(own_instance, archive, tmp_path / "logs")
    url = f"{own_instance.inference_url}/predictions/{MODEL_NAME}"
    context = CONTEXT * 40  # several windows
    body = json.dumps({"question": QUESTION, "context": context, "top_k": 3}).encode()
    answer = requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=120).json()
    assert len(answer["answers"]) == 3
    for span in answer["answers"]:
        assert context[span["start"] : span["end"]] == span["answer"]
