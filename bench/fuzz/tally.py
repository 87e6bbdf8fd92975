"""What became of the inputs."""

from collections import Counter
from dataclasses import dataclass, field

SHOWN = 2_000  # characters of an input that a fault shows


class Fault(AssertionError):
    """An input did what no input may do. The message says what."""


@dataclass(slots=True)
class Tally:
    """The inputs of one target, counted by their outcome, and the faults."""

    target: str
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0

    @property
    def inputs(self) -> int:
        return self.outcomes.total()

    def note(self, outcome: str, seconds: float) -> None:
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, seconds)

    def fail(self, reason: str, value: object) -> None:
        self.outcomes["fault"] += 1
        self.faults.append(f"{reason}\n{repr(value)[:SHOWN]}")
