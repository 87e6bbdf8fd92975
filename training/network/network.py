"""The network to train: LUKE's word-only encoder with a span head and a language-model head.

The language-model head is not exported. The other parameters map one to one onto transformers'
LukeForQuestionAnswering (see ``export``). Upstream has only eager attention; this network takes the attention as an
argument, so that it can run over packed rows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from luke_qa.tokenizer import PAD


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes; ``positions`` includes the two that LUKE never uses."""

    vocab_size: int
    hidden: int = 256
    heads: int = 4
    layers: int = 6
    intermediate: int = 1024
    positions: int = 514
    dropout: float = 0.1
    eps: float = 1e-5


Attention = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(query, key, value), each [rows, heads, tokens, head_dim] -> the same shape."""


class Layer(nn.Module):
    """A post-norm transformer layer with one matrix for query, key and value."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        h = config.hidden
        self.heads, self.dropout = config.heads, config.dropout
        self.qkv, self.attended = nn.Linear(h, 3 * h), nn.Linear(h, h)
        self.norm1, self.norm2 = nn.LayerNorm(h, config.eps), nn.LayerNorm(h, config.eps)
        self.up, self.down = nn.Linear(h, config.intermediate), nn.Linear(config.intermediate, h)

    def forward(self, x: Tensor, attention: Attention) -> Tensor:
        rows, tokens, h = x.shape
        qkv = self.qkv(x).view(rows, tokens, 3, self.heads, h // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        context = attention(q, k, v).transpose(1, 2).reshape(rows, tokens, h)
        x = self.norm1(x + functional.dropout(self.attended(context), self.dropout, self.training))
        y = self.down(functional.gelu(self.up(x)))
        out: Tensor = self.norm2(x + functional.dropout(y, self.dropout, self.training))
        return out


class Network(nn.Module):
    """Token ids and positions to hidden states, with heads for span ends and masked tokens."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        h = config.hidden
        self.words = nn.Embedding(config.vocab_size, h, padding_idx=PAD)
        self.positions = nn.Embedding(config.positions, h, padding_idx=PAD)
        self.norm = nn.LayerNorm(h, config.eps)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.span = nn.Linear(h, 2)
        self.transform, self.transform_norm = nn.Linear(h, h), nn.LayerNorm(h, config.eps)
        self.vocabulary_bias = nn.Parameter(torch.zeros(config.vocab_size))

    def encode(self, ids: Tensor, positions: Tensor, attention: Attention) -> Tensor:
        """[rows, tokens] -> [rows, tokens, hidden]"""
        x = self.norm(self.words(ids) + self.positions(positions))
        x = functional.dropout(x, self.config.dropout, self.training)
        for layer in self.layers:
            x = layer(x, attention)
        hidden: Tensor = x
        return hidden

    def masked_logits(self, hidden: Tensor) -> Tensor:
        """[masked, hidden] -> [masked, vocab]"""
        x = self.transform_norm(functional.gelu(self.transform(hidden)))
        return functional.linear(x, self.words.weight, self.vocabulary_bias)


def padded_logits(network: Network, ids: Tensor) -> Tensor:
    """Compute start and end logits [rows, tokens, 2] of padded rows, one example per row.

    This is the reference for evaluation and export.
    """
    real = ids.ne(PAD)
    positions = torch.where(real, torch.cumsum(real, 1) + PAD, PAD)
    mask = real[:, None, None, :]

    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    logits: Tensor = network.span(network.encode(ids, positions, attention))
    return logits.float()
