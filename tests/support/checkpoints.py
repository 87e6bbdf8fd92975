"""Checkpoints to test with: the embedded one, and random ones of the true layout, written by transformers itself."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import sentencepiece
import torch

from luke_qa.checkpoint import EXTRA_TOKENS
from ops.layout import ROOT

EMBEDDED = ROOT / "checkpoints" / "embedded"  # the one that comes with the repository; read only
GOLDEN = Path(__file__).parent.parent / "golden"
TOKENIZER_FILE = GOLDEN / "sentencepiece.bpe.model"
ENTITY_VOCAB = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
# 32,768 pieces, as many as the real checkpoint has; not everywhere at hand.
SHARED_TOKENIZER = Path(__file__).parents[3] / "shared" / "golden" / "sentencepiece.bpe.model"
TINY_MAX_TOKENS = 128

# luke-japanese-base-lite, and so the real checkpoint.
REAL = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "entity_emb_size": 256,
    "max_position_embeddings": 514,
}
TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "entity_emb_size": 16,
    "max_position_embeddings": TINY_MAX_TOKENS + 2,
}


def write_checkpoint(directory: Path, config: Mapping[str, int], tokenizer_file: Path = TOKENIZER_FILE) -> Path:
    """Save a LukeForQuestionAnswering of ``config`` with ``tokenizer_file`` to ``directory``, end labels exclusive.

    Every parameter is random, biases and norms too, so that none of them can be left out unnoticed.
    """
    import transformers  # here, since it takes seconds

    directory.mkdir(parents=True)
    shutil.copyfile(tokenizer_file, directory / "sentencepiece.bpe.model")
    entity_file = directory / "entity_vocab.json"
    entity_file.write_text(json.dumps(ENTITY_VOCAB), encoding="utf-8")
    if transformers.__version__.startswith("4."):  # later ones misread the layout, and write another
        transformers.MLukeTokenizer(str(tokenizer_file), str(entity_file)).save_pretrained(directory)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_file)).get_piece_size()
    torch.manual_seed(1)
    model: Any = transformers.LukeForQuestionAnswering(  # type: ignore[no-untyped-call]
        transformers.LukeConfig(  # type: ignore[no-untyped-call]
            vocab_size=pieces + EXTRA_TOKENS,
            entity_vocab_size=len(ENTITY_VOCAB),
            type_vocab_size=1,
            layer_norm_eps=1e-5,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
            **config,
        )
    )
    spread = config["hidden_size"] ** -0.5  # of one size in every layer, however wide
    for parameter in model.parameters():
        parameter.data += spread * torch.randn_like(parameter)
    # Words weigh more than places, so that different texts have different answers.
    model.luke.embeddings.word_embeddings.weight.data *= 10
    model.save_pretrained(directory)
    edit_config(directory, luke_qa={"end_label": "exclusive"})
    return directory


def edit_config(directory: Path, remove: str | None = None, **fields: Any) -> None:
    """Overwrite ``fields`` of ``config.json``, and remove one."""
    file = directory / "config.json"
    config = json.loads(file.read_text(encoding="utf-8")) | fields
    config.pop(remove, None)
    file.write_text(json.dumps(config), encoding="utf-8")


def edit_weights(directory: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Let ``change`` work on the tensors of ``model.safetensors``."""
    file = directory / "model.safetensors"
    tensors = safetensors.torch.load(file.read_bytes())
    change(tensors)
    safetensors.torch.save_file(tensors, file, {"format": "pt"})


def use_pickle(directory: Path) -> None:
    """Keep the weights in ``pytorch_model.bin`` only, as older versions of transformers did."""
    file = directory / "model.safetensors"
    torch.save(safetensors.torch.load(file.read_bytes()), directory / "pytorch_model.bin")
    file.unlink()
