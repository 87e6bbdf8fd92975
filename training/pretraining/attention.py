"""Attention inside packed rows: every example attends only to itself."""

import torch
from torch import Tensor
from torch.nn import functional

from training.examples.examples import MAX_TOKENS
from training.network.network import Attention
from training.pretraining.batches import Batch

try:
    from torch.nn.attention import varlen as _varlen
except ImportError:  # torch before 2.10
    _varlen = None  # type: ignore[assignment]


def allowed(batch: Batch) -> Tensor:
    """Return which keys each query may attend to.

    The shape is [rows, 1, 1, tokens] if every row holds one example, otherwise [rows, 1, tokens, tokens].
    """
    rows = batch["rows"]
    if len(batch["weights"]) == len(rows) + 1:
        return rows.ne(0)[:, None, None]
    return (rows[:, :, None] == rows[:, None, :])[:, None]


def plain(batch: Batch) -> Attention:
    """Attend with two matrix products.

    On a CPU with bfloat16, at a hundred tokens, this is three times as fast as the fused kernel.
    """
    seen = allowed(batch)
    bias = torch.zeros(seen.shape, dtype=torch.bfloat16, device=seen.device).masked_fill_(~seen, -1e4)

    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        return torch.softmax(scores + bias, -1) @ v

    return attention


def masked(batch: Batch) -> Attention:
    """Use fused attention with a mask; runs everywhere."""
    mask = allowed(batch)

    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    return attention


def varlen(batch: Batch) -> Attention:
    """Use flash attention over the flat batch, without work for masked pairs; CUDA only."""
    borders = batch["borders"]
    assert _varlen is not None

    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        rows, heads, tokens, dim = q.shape
        a, b, c = (x.transpose(1, 2).reshape(rows * tokens, heads, dim) for x in (q, k, v))
        out = _varlen.varlen_attn(a, b, c, borders, borders, MAX_TOKENS, MAX_TOKENS)
        assert isinstance(out, Tensor)
        return out.view(rows, tokens, heads, dim).transpose(1, 2)

    return attention


def varlen_works(device: torch.device) -> bool:
    """Check that ``varlen`` runs on this device, forward and backward, and agrees with ``masked``."""
    if device.type != "cuda" or _varlen is None:
        return False
    try:
        rows = torch.ones(2, MAX_TOKENS, dtype=torch.int16, device=device)
        rows[:, 200:] = 2
        borders = torch.tensor([0, 200, 512, 712, 1024, 1024, 1024], dtype=torch.int32, device=device)
        batch = {"rows": rows, "borders": borders}
        shape = (2, 4, MAX_TOKENS, 64)
        inputs = [torch.randn(shape, device=device, dtype=torch.bfloat16) for _ in range(3)]
        results = list[Tensor]()
        for make in (masked, varlen):
            q, k, v = (x.clone().requires_grad_() for x in inputs)
            out = make(batch)(q, k, v)
            torch.autograd.backward(out.float().square().sum())
            assert q.grad is not None
            assert v.grad is not None
            results += [out.detach(), q.grad, v.grad]
        pairs = zip(results[:3], results[3:], strict=True)
        return all(bool((a - b).abs().max() < 0.1 * a.abs().max()) for a, b in pairs)
    except (RuntimeError, NotImplementedError, TypeError, ImportError) as error:
        print(f"variable-length attention does not work on this device: {error}", flush=True)
        return False
