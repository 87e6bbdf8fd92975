"""Initial weights. ``structured`` builds in what span selection needs most: finding equal words.

A network trained from scratch with the usual initialisation does no better than guessing for its first millions of
tokens: attention has to discover that a question's words matter where they recur in the context. The structured
start builds that in and leaves the rest to training:

- Token embeddings are mostly in the first ``hidden - head_dim`` dimensions (content), positions are sinusoids in the
  last ``head_dim``. Their scales give all dimensions about unit variance after the embedding's layer norm.
- All heads but one get W_q = W_k + noise on the content dimensions: q.k of a token with itself is then about
  gain^2 * head_dim / sqrt(head_dim). The gain makes that ln(positions), so that one equal token among a window
  full of others gets about half of the attention.
- The last head gets the identity as W_q and a rotation as W_k on the position dimensions: each layer attends to a
  fixed neighbour.
"""

import math

import torch
from torch import Tensor, nn

from training.network.network import Layer, Network

_EMBEDDING_STD = 0.05
_NOISE = 0.02
_WEIGHT_STD = 0.03
_SHIFTS = (-1, 1, -2, 2, 0, 0)  # the neighbour to which the position head of each layer attends


@torch.no_grad()
def default(network: Network, std: float = 0.02) -> None:
    """Apply BERT's initialisation: normal weights, zero biases."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=std)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=std)
            if module.padding_idx is not None:
                module.weight[module.padding_idx] = 0


@torch.no_grad()
def structured(network: Network, meaning: tuple[Tensor, Tensor] | None = None) -> None:
    """Initialise content dimensions, sinusoidal positions, matching heads and one neighbour head (see above).

    ``meaning`` (see ``meaning.content_embeddings``) takes the place of random content where a token has one.
    """
    default(network, _WEIGHT_STD)
    config = network.config
    size = config.hidden // config.heads
    content = config.hidden - size
    frequencies = torch.exp(torch.linspace(0.0, -math.log(config.positions), size // 2))
    words, positions = network.words.weight, network.positions.weight
    words.normal_(std=_EMBEDDING_STD)
    words[:, content:] *= 0.1
    if meaning is not None:
        embeddings, known = meaning
        words[known, :content] = _EMBEDDING_STD * embeddings[known]
    angles = torch.arange(config.positions)[:, None] * frequencies
    amplitude = _EMBEDDING_STD * math.sqrt(2.0)  # a sinusoid's variance is half its squared amplitude
    positions.normal_(std=0.002)
    positions[:, content::2] += amplitude * angles.sin()
    positions[:, content + 1 :: 2] += amplitude * angles.cos()
    for embedding in (network.words, network.positions):
        if embedding.padding_idx is not None:
            embedding.weight[embedding.padding_idx] = 0
    gain = math.sqrt(math.log(config.positions) / math.sqrt(size))
    for index, layer in enumerate(network.layers):
        assert isinstance(layer, Layer)
        q, k, _ = layer.qkv.weight.chunk(3)
        for head in range(config.heads - 1):
            base = torch.zeros(size, config.hidden)
            base[:, :content].normal_(std=gain / math.sqrt(content))
            _put(q, head, size, base)
            _put(k, head, size, base)
        look, seen = torch.zeros(size, config.hidden), torch.zeros(size, config.hidden)
        look[:, content:] = torch.eye(size)
        seen[:, content:] = _rotation(frequencies * _SHIFTS[index % len(_SHIFTS)])
        _put(q, config.heads - 1, size, look)
        _put(k, config.heads - 1, size, seen)


def _put(weight: Tensor, head: int, size: int, base: Tensor) -> None:
    weight[head * size : (head + 1) * size] = base + _NOISE * torch.randn_like(base)


def _rotation(angles: Tensor) -> Tensor:
    """Build the block-diagonal rotation that turns the (sin, cos) pair of position p into that of p - shift.

    The key of p + shift then matches the query of p.
    """
    size = 2 * len(angles)
    matrix = torch.zeros(size, size)
    even, odd = torch.arange(0, size, 2), torch.arange(1, size, 2)
    matrix[even, even], matrix[even, odd] = angles.cos(), -angles.sin()
    matrix[odd, even], matrix[odd, odd] = angles.sin(), angles.cos()
    return matrix
