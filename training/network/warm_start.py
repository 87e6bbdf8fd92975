"""Start a run from the weights of an earlier one."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from training.network.export import luke_names
from training.network.network import Network


def start_from(checkpoint: Path, network: Network, tokenizer: Path) -> None:
    """Load the weights of a checkpoint that ``export.write_checkpoint`` wrote into ``network``.

    The language-model head keeps its weights, because no checkpoint contains one.

    Raises:
        ValueError: the checkpoint's tokenizer, layers or sizes differ.
    """
    if (checkpoint / "sentencepiece.bpe.model").read_bytes() != tokenizer.read_bytes():
        raise ValueError(f"{checkpoint} has a different tokenizer from {tokenizer}, so its embeddings do not fit.")
    tensors = load_file(checkpoint / "model.safetensors")
    names = list(luke_names(network.config.layers))
    ours = network.state_dict()
    for name, parts in names:
        shape = (
            [sum(len(tensors[part]) for part in parts), *tensors[parts[0]].shape[1:]] if parts[0] in tensors else None
        )
        if shape != list(ours[name].shape):
            raise ValueError(f"{checkpoint}: {name} has the shape {shape}, not {list(ours[name].shape)}.")
    if f"luke.encoder.layer.{network.config.layers}.output.dense.bias" in tensors:
        raise ValueError(f"{checkpoint} has more than {network.config.layers} layers.")
    state = {name: torch.cat([tensors[part].float() for part in parts]) for name, parts in names}
    network.load_state_dict(state, strict=False)
