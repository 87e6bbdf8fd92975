"""Write a trained network as a checkpoint directory of a LukeForQuestionAnswering with its MLukeTokenizer."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from training.network.network import NetworkConfig

_ENTITIES = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}


def luke_names(layers: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name of each parameter that LukeForQuestionAnswering has too, with its names there.

    Several names mean that ours is cut into equal parts along the first dimension.
    """
    embeddings = "luke.embeddings."
    yield "words.weight", (embeddings + "word_embeddings.weight",)
    yield "positions.weight", (embeddings + "position_embeddings.weight",)
    parts = {
        "attended": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for kind in ("weight", "bias"):
        yield f"norm.{kind}", (f"{embeddings}LayerNorm.{kind}",)
        yield f"span.{kind}", (f"qa_outputs.{kind}",)
        for index in range(layers):
            ours, theirs = f"layers.{index}.", f"luke.encoder.layer.{index}."
            projections = ("query", "key", "value")
            yield f"{ours}qkv.{kind}", tuple(f"{theirs}attention.self.{name}.{kind}" for name in projections)
            for name, target in parts.items():
                yield f"{ours}{name}.{kind}", (f"{theirs}{target}.{kind}",)


def luke_state(state: dict[str, Tensor], config: NetworkConfig) -> dict[str, Tensor]:
    """Return the network's parameters under the names of LukeForQuestionAnswering.

    Parameters that only entities use are zero; their layer norm has weight one.
    """
    h = config.hidden
    named = {
        "luke.embeddings.token_type_embeddings.weight": torch.zeros(1, h),
        "luke.entity_embeddings.entity_embeddings.weight": torch.zeros(len(_ENTITIES), h),
        "luke.entity_embeddings.position_embeddings.weight": torch.zeros(config.positions, h),
        "luke.entity_embeddings.token_type_embeddings.weight": torch.zeros(1, h),
        "luke.entity_embeddings.LayerNorm.weight": torch.ones(h),
        "luke.entity_embeddings.LayerNorm.bias": torch.zeros(h),
    }
    for ours, theirs in luke_names(config.layers):
        named |= zip(theirs, state[ours].chunk(len(theirs)), strict=True)
    return named


def luke_config(config: NetworkConfig) -> dict[str, Any]:
    """Return the content of config.json."""
    return {
        "architectures": ["LukeForQuestionAnswering"],
        "attention_probs_dropout_prob": 0.1,
        "bos_token_id": 0,
        "classifier_dropout": None,
        "dtype": "float16",
        "entity_emb_size": config.hidden,
        "entity_vocab_size": len(_ENTITIES),
        "eos_token_id": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": config.hidden,
        "initializer_range": 0.02,
        "intermediate_size": config.intermediate,
        "layer_norm_eps": config.eps,
        "luke_qa": {"end_label": "exclusive"},
        "max_position_embeddings": config.positions,
        "model_type": "luke",
        "num_attention_heads": config.heads,
        "num_hidden_layers": config.layers,
        "pad_token_id": 1,
        "tokenizer_class": "MLukeTokenizer",
        "type_vocab_size": 1,
        "use_entity_aware_attention": False,
        "vocab_size": config.vocab_size,
    }


def write_checkpoint(state: dict[str, Tensor], config: NetworkConfig, tokenizer: Path, directory: Path) -> None:
    """Write the directory in half precision; the weights file is replaced atomically."""
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().to("cpu", torch.float16).contiguous().clone()
        for name, tensor in luke_state(state, config).items()
    }
    temporary = directory / "model.safetensors.new"
    save_file(tensors, temporary, metadata={"format": "pt"})
    temporary.replace(directory / "model.safetensors")
    shutil.copyfile(tokenizer, directory / "sentencepiece.bpe.model")
    _write(directory / "config.json", luke_config(config))
    _write(directory / "entity_vocab.json", _ENTITIES)
    for name, content in _tokenizer_files(config).items():
        _write(directory / name, content)


def _tokenizer_files(config: NetworkConfig) -> dict[str, dict[str, Any]]:
    mask, ent, ent2 = range(config.vocab_size - 3, config.vocab_size)
    entities = [_token(name, normalized=True) for name in ("<ent>", "<ent2>")]
    mask_token = _token("<mask>", normalized=True, lstrip=True)
    plain = {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
    }
    decoder = {str(i): _token(t) | {"special": True} for i, t in enumerate(("<s>", "<pad>", "</s>", "<unk>"))}
    decoder[str(mask)] = mask_token | {"special": True}
    decoder[str(ent)] = entities[0] | {"special": True}
    decoder[str(ent2)] = entities[1] | {"special": True}
    marked = [{"__type": "AddedToken", "special": False} | entity for entity in entities]
    return {
        "added_tokens.json": {"<ent>": ent, "<ent2>": ent2},
        "special_tokens_map.json": plain | {"additional_special_tokens": entities, "mask_token": mask_token},
        "tokenizer_config.json": plain
        | {
            "added_tokens_decoder": decoder,
            "additional_special_tokens": ["<ent>", "<ent2>"],
            "clean_up_tokenization_spaces": False,
            "entity_mask2_token": "[MASK2]",
            "entity_mask_token": "[MASK]",
            "entity_pad_token": "[PAD]",
            "entity_token_1": marked[0],
            "entity_token_2": marked[1],
            "entity_unk_token": "[UNK]",
            "extra_special_tokens": {},
            "mask_token": "<mask>",
            "max_entity_length": 32,
            "max_mention_length": 30,
            "model_max_length": config.positions - 2,
            "sp_model_kwargs": {},
            "task": None,
            "tokenizer_class": "MLukeTokenizer",
        },
    }


def _token(content: str, normalized: bool = False, lstrip: bool = False) -> dict[str, Any]:
    return {
        "content": content,
        "lstrip": lstrip,
        "normalized": normalized,
        "rstrip": False,
        "single_word": False,
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
