"""What a run needs to resume: weights, their running mean, the optimiser, counters."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from training.network.network import Network


@dataclass(slots=True)
class Counters:
    """Steps done, batches used for them, tokens seen, seconds trained."""

    step: int = 0
    batches: int = 0
    tokens: int = 0
    seconds: float = 0.0


class RunningMean:
    """The exponential moving average of a network's parameters."""

    def __init__(self, network: Network, decay: float) -> None:
        self.decay = decay
        self._source = list(network.parameters())
        self.values = [p.detach().clone() for p in self._source]
        self._names = [name for name, _ in network.named_parameters()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Add the current parameters.

        Early in the run the mean spans only the last tenth of the steps, to leave out untrained weights.
        """
        weight = max(1 - self.decay, min(1.0, 10 / (step + 1)))
        torch._foreach_lerp_(self.values, [p.detach() for p in self._source], weight)

    def state(self) -> dict[str, Tensor]:
        return dict(zip(self._names, self.values, strict=True))


def save_state(
    path: Path,
    network: Network,
    mean: RunningMean,
    optimizer: torch.optim.Optimizer,
    counters: Counters,
) -> None:
    """Write the state atomically."""
    temporary = path.with_suffix(".new")
    content = {
        "network": network.state_dict(),
        "mean": mean.values,
        "optimizer": optimizer.state_dict(),
        "step": counters.step,
        "batches": counters.batches,
        "tokens": counters.tokens,
        "seconds": counters.seconds,
    }
    torch.save(content, temporary)
    temporary.replace(path)


def load_state(
    path: Path,
    network: Network,
    mean: RunningMean,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
) -> Counters:
    """Restore what ``save_state`` wrote; return zero counters if there is no state."""
    if not path.exists():
        return Counters()
    content = torch.load(path, map_location=device, weights_only=True)
    network.load_state_dict(content["network"])
    for value, stored in zip(mean.values, content["mean"], strict=True):
        value.copy_(stored)
    optimizer.load_state_dict(content["optimizer"])
    return Counters(content["step"], content["batches"], content["tokens"], content["seconds"])
