"""Progress through a run, and the learning rate that follows from it.

Progress is counted in steps if the number of steps is given, otherwise in seconds spent training, so that a run fits
its time on any machine and a pause between two sessions does not count.
"""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Clock:
    """``total_steps`` or ``total_seconds`` limits the run; ``spent`` is the training time of earlier sessions."""

    total_steps: int
    total_seconds: float
    spent: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Start the clock: the time before this was start-up, not training."""
        self._since = time.monotonic()

    def seconds(self) -> float:
        return self.spent + time.monotonic() - self._since

    def progress(self, step: int) -> float:
        """Return the share of the run that is done, in [0, 1]."""
        if self.total_steps:
            return min(1.0, step / self.total_steps)
        return min(1.0, self.seconds() / self.total_seconds)


def learning_rate(peak: float, progress: float, step: int, warmup_steps: int) -> float:
    """Compute the rate: linear warm-up over steps, then linear decay to zero over the whole run."""
    return peak * min(1.0, (step + 1) / warmup_steps) * max(0.0, 1.0 - progress)
