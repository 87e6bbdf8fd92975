"""Timing on a shared machine: the candidates take turns, and ratios are computed turn by turn."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from luke_qa.checkpoint import ModelConfig

Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Times:
    """The seconds that one candidate took in each turn."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """(slowest - fastest) / median."""
        return (max(self.seconds) - min(self.seconds)) / self.median

    def times_faster_than(self, other: "Times") -> float:
        """The median of the ratios of the same turns."""
        return statistics.median(b / a for a, b in zip(self.seconds, other.seconds, strict=True))


def take_turns(ways: Mapping[str, Call], repeats: int, device: torch.device) -> dict[str, Times]:
    """Call every candidate once to warm up, then all in turn, ``repeats`` times."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(-1, repeats):
        for name, call in ways.items():
            began = time.perf_counter()
            call()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if turn >= 0:
                seconds[name].append(time.perf_counter() - began)
    return {name: Times(tuple(found)) for name, found in seconds.items()}


def product(size: int, dtype: torch.dtype, device: torch.device) -> tuple[Call, float]:
    """A large matrix product, whose rate is the machine's ceiling, and its number of operations."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    return lambda: a @ b, 2.0 * size**3


def flops(config: ModelConfig, length: int) -> float:
    """The operations of one window; a multiply-add counts as two."""
    hidden, layers = config.hidden_size, config.num_hidden_layers
    dense = 2 * layers * (4 * hidden**2 + 2 * hidden * config.intermediate_size)
    return length * (dense + 4 * layers * hidden * length)
