"""What a pretraining run prints and records: losses, speed, development figures."""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from training.pretraining.batches import Batch
from training.pretraining.run_state import Counters


class Curve:
    """Losses and figures, printed and written as JSON lines.

    Losses are summed on the device and fetched only for a report.
    """

    def __init__(self, out: Path, kept: Path, device: torch.device) -> None:
        self._out, self._kept = out, kept
        self._sums = torch.zeros(2, device=device)
        self._steps = self._tokens = 0
        self._since = self._waited = 0.0

    def start(self, tokens: int) -> None:
        """Start counting; ``tokens`` is the number of tokens seen so far."""
        self._tokens, self._since = tokens, time.monotonic()

    def waiting(self, batches: Iterator[Batch], count: int) -> list[Batch]:
        """Take the next batches; the time spent waiting for them is reported."""
        began = time.monotonic()
        found = [next(batches) for _ in range(count)]
        self._waited += time.monotonic() - began
        return found

    def add(self, span: Tensor, masked: Tensor) -> None:
        self._sums += torch.stack((span.float(), masked.float()))
        self._steps += 1

    def report(self, counters: Counters, every: float, progress: float, optimizer: torch.optim.Optimizer) -> bool:
        """Report mean losses and speed if ``every`` seconds have passed since the last report.

        Returns False if a loss is not finite.
        """
        now = time.monotonic()
        if now - self._since < every:
            return True
        span, masked = (self._sums / self._steps).tolist()
        now = time.monotonic()
        speed = (counters.tokens - self._tokens) / (now - self._since)
        rate = float(optimizer.param_groups[0]["lr"])
        self.write(
            counters,
            {
                "span": round(span, 4),
                "masked": round(masked, 4),
                "rate": round(rate, 7),
                "progress": round(progress, 4),
                "tokens_per_second": round(speed),
                "waited": round(self._waited / (now - self._since), 3),
            },
        )
        self._sums.zero_()
        self._steps, self._tokens, self._since = 0, counters.tokens, now
        self._waited = 0.0
        return math.isfinite(span + masked)

    def write(self, counters: Counters, values: dict[str, float]) -> None:
        line = {
            "step": counters.step,
            "tokens_m": round(counters.tokens / 1e6, 2),
            "second": round(counters.seconds, 1),
        } | values
        text = json.dumps(line)
        print(text, flush=True)
        with self._kept.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        self._out.write_bytes(self._kept.read_bytes())
