"""The reference for the forward pass: transformers' LukeForQuestionAnswering, eager, with random weights."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import LukeConfig, LukeForQuestionAnswering

from luke_qa.backends.base import Logits
from luke_qa.checkpoint import ModelConfig
from luke_qa.tokenizer import IntArray

Reference = Any  # transformers' classes have no usable types


def build(config: ModelConfig, seed: int) -> Reference:
    """Build transformers' model with random weights, scaled to give outputs as varied as a trained model's."""
    torch.manual_seed(seed)
    model: Reference = LukeForQuestionAnswering(  # type: ignore[no-untyped-call]
        LukeConfig(  # type: ignore[no-untyped-call]
            vocab_size=config.vocab_size,
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_hidden_layers,
            num_attention_heads=config.num_attention_heads,
            intermediate_size=config.intermediate_size,
            max_position_embeddings=config.max_position_embeddings,
            type_vocab_size=config.type_vocab_size,
            layer_norm_eps=config.layer_norm_eps,
            entity_vocab_size=4,
            entity_emb_size=256,
            use_entity_aware_attention=True,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
        )
    )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=0.05)
    model.eval()
    return model


def run_reference(model: Reference, windows: Sequence[IntArray]) -> list[Logits]:
    """Run the model on one window after another."""
    device, results = next(model.parameters()).device, []
    for window in windows:
        with torch.inference_mode():
            output = model(input_ids=torch.from_numpy(window)[None].to(device))
        start, end = output.start_logits[0].float().cpu().numpy(), output.end_logits[0].float().cpu().numpy()
        results.append(Logits(start, end))
    return results
