"""Attention within each of many packed windows."""

from collections.abc import Callable, Sequence
from itertools import groupby

import torch
from torch import Tensor
from torch.nn import functional

Attention = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Queries, keys and values, [tokens, heads, size] each, to the attended values of the same shape."""


def block_attention(lengths: Sequence[int]) -> Attention:
    """Attend window by window; neighbours of equal length share one call."""
    blocks = [(length, len(list(run))) for length, run in groupby(lengths)]
    sizes = [length * count for length, count in blocks]

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        outputs = []
        parts = (torch.split(x, sizes) for x in (q, k, v))
        for (length, count), *block in zip(blocks, *parts, strict=True):
            # [windows, heads, length, size]
            q_, k_, v_ = (x.view(count, length, *x.shape[1:]).transpose(1, 2) for x in block)
            outputs.append(functional.scaled_dot_product_attention(q_, k_, v_).transpose(1, 2).flatten(0, 1))
        return torch.cat(outputs)

    return attend


def varlen_attention(cu_seqlens: Tensor, max_seqlen: int) -> Attention:
    """Attend in one fused call over all windows, in half precision on a GPU.

    ``cu_seqlens``: int32 [windows + 1] on the GPU, the start of each window and the end of the last. Every call reads
    it anew; a window may be empty. ``max_seqlen``: tokens that no window exceeds.
    """
    # Imported here, since the module needs a CUDA build of torch.
    from torch.nn.attention.varlen import varlen_attn

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        attended = varlen_attn(q, k, v, cu_seqlens, cu_seqlens, max_seqlen, max_seqlen)
        assert isinstance(attended, Tensor)  # a tuple only where more outputs are asked for
        return attended

    return attend
