"""The losses of a packed batch."""

import torch
from torch import Tensor
from torch.nn import functional

from training.network.network import Attention, Network
from training.pretraining.batches import IGNORED, Batch


def span_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Compute the mean cross-entropy of start and end, each a softmax over the tokens of its own example.

    logits: [tokens, 2], float32.
    """
    segment, weights = batch["segment"].long(), batch["weights"]
    count = len(weights)
    top = torch.full((count, 2), -1e4, device=logits.device)
    top.scatter_reduce_(0, segment[:, None].expand(-1, 2), logits.detach(), "amax")
    sums = torch.zeros_like(top).index_add(0, segment, (logits - top[segment]).exp())
    log_sums = sums.clamp_min(1e-30).log() + top
    gold = torch.stack((logits[batch["starts"], 0], logits[batch["ends"], 1]), 1)
    losses = (log_sums - gold).mean(1) * weights
    return losses.sum() / weights.sum()


def batch_losses(network: Network, batch: Batch, attention: Attention) -> tuple[Tensor, Tensor]:
    """Compute the span loss and the masked-token loss of a batch."""
    hidden = network.encode(batch["ids"].int(), batch["positions"].int(), attention)
    flat = hidden.reshape(-1, hidden.shape[-1])
    span = span_loss(network.span(flat).float(), batch)
    logits = network.masked_logits(flat[batch["masked"]]).float()
    masked = functional.cross_entropy(logits, batch["labels"], ignore_index=IGNORED, reduction="sum")
    return span, masked / (batch["labels"] != IGNORED).sum().clamp_min(1)
