"""A run that begins with the weights of an earlier one."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from training.network.export import luke_names
from training.network.network import Network


def start_from(checkpoint: Path, network: Network, tokenizer: Path) -> None:
    """Give `network` the weights of a checkpoint that `export.write_checkpoint` wrote; the head of the language model,
    which no checkpoint has, stays as it is.

    Raises:
        ValueError: the checkpoint has another tokenizer, other layers or other sizes.
    """
    if (checkpoint / "sentencepiece.bpe.model").read_bytes() != tokenizer.read_bytes():
        raise ValueError(f"{checkpoint} has another tokenizer than {tokenizer}: its embeddings mean other pieces.")
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
