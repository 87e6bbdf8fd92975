"""From a load and a target to replicas, or from replicas to the load that they bear."""

import math
from dataclasses import dataclass, replace

import numpy as np

from bench.capacity.simulation import System, simulate
from bench.capacity.times import Floats, ServiceTimes
from bench.windows import MIX_LOG_SIGMA

QUESTIONS = 20_000  # that are simulated, and more where there are many workers
_WORKER_TURNS = 6  # questions for each worker
_WARM_UP = 1 / 3  # of the questions, which find the system emptier than it will be
_STEPS = 7  # of a bisection


class CapacityError(Exception):
    """No number of replicas meets the target. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Load:
    """``rate`` questions a second, as a Poisson process, of ``tokens`` tokens on average.

    Lengths are lognormal with the standard deviation ``spread`` of their logarithms.
    """

    rate: float
    tokens: float
    spread: float = MIX_LOG_SIGMA

    def lengths(self, count: int, rng: np.random.Generator) -> Floats:
        """Return float64 [count]: tokens."""
        return self.tokens * rng.lognormal(-(self.spread**2) / 2, self.spread, count)


@dataclass(frozen=True, slots=True)
class Target:
    """p99: seconds; refused: the largest share of 429; utilisation: of the workers, at most."""

    p99: float
    refused: float = 0.001
    utilisation: float = 0.9


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a load on a system. Times are in seconds; p99 is infinite above capacity."""

    system: System
    load: Load
    utilisation: float
    mean: float
    p99: float
    refused: float

    def meets(self, target: Target) -> bool:
        return self.utilisation <= target.utilisation and self.p99 <= target.p99 and self.refused <= target.refused

    def hours_per_million(self, units: float) -> float:
        """Hours of a resource for a million questions, if a replica occupies ``units`` of it."""
        return self.system.replicas * units * 1e6 / self.load.rate / 3600


def utilisation_of(system: System, load: Load, times: ServiceTimes) -> float:
    """Return how busy the workers are if every batch is full. At 1 and above, questions come faster than answers."""
    busy = float(np.mean(_draw(load, times, QUESTIONS, 0)[1])) + times.batch / system.batch
    return load.rate * busy / (system.replicas * system.workers)


def judge(system: System, load: Load, times: ServiceTimes, seed: int = 0) -> Verdict:
    """Simulate the load on the system."""
    utilisation = utilisation_of(system, load, times)
    if utilisation >= 1:
        return Verdict(system, load, utilisation, math.inf, math.inf, 1 - 1 / utilisation)
    count = max(QUESTIONS, _WORKER_TURNS * system.replicas * system.workers)
    gaps, work = _draw(load, times, count, seed)
    system = replace(system, batch_seconds=times.batch)
    taken = simulate(system, np.cumsum(gaps).tolist(), work.tolist())[int(_WARM_UP * count) :]
    answered = taken[~np.isnan(taken)] + times.outside
    refused = 1 - len(answered) / len(taken)
    p99 = float(np.quantile(answered, 0.99)) if len(answered) else math.inf
    return Verdict(system, load, utilisation, float(answered.mean()), p99, refused)


def fewest_replicas(system: System, load: Load, times: ServiceTimes, target: Target) -> Verdict:
    """Return the fewest replicas of the system's kind that meet the target.

    Raises:
        CapacityError: no number does.
    """
    _check_alone(system, load, times, target)
    one = utilisation_of(replace(system, replicas=1), load, times)
    low = max(1, math.ceil(one / target.utilisation))

    def judged(replicas: int) -> Verdict:
        return judge(replace(system, replicas=replicas), load, times)

    high, verdict = low, judged(low)
    while not verdict.meets(target):
        low, high = high + 1, high + max(1, high // 8)
        verdict = judged(high)
    while low < high:
        middle = (low + high) // 2
        found = judged(middle)
        if found.meets(target):
            high, verdict = middle, found
        else:
            low = middle + 1
    return verdict


def highest_rate(system: System, load: Load, times: ServiceTimes, target: Target) -> Verdict:
    """Return the highest rate, of the load's lengths, at which the system meets the target.

    Raises:
        CapacityError: it does at none.
    """
    _check_alone(system, load, times, target)
    full = load.rate / utilisation_of(system, load, times) * target.utilisation

    def judged(share: float) -> Verdict:
        return judge(system, replace(load, rate=share * full), times)

    verdict = judged(1 - 1e-9)
    if verdict.meets(target):
        return verdict
    low, high, best = 0.0, 1.0, judged(1e-3)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        found = judged(middle)
        if found.meets(target):
            low, best = middle, found
        else:
            high = middle
    return best


def _check_alone(system: System, load: Load, times: ServiceTimes, target: Target) -> None:
    work = _draw(load, times, QUESTIONS, 0)[1]
    delay = system.delay if system.batch > 1 else 0.0
    alone = float(np.quantile(work, 0.99)) + times.batch + times.outside + delay
    if alone > target.p99:
        raise CapacityError(
            f"No number of replicas answers 99 % within {target.p99:g} s: without any wait, "
            f"questions take {alone:.3g} s at p99. Allow more time, send shorter texts, read fewer windows "
            "(max_windows), or use a faster backend."
        )


def _draw(load: Load, times: ServiceTimes, count: int, seed: int) -> tuple[Floats, Floats]:
    """Return the seconds between arrivals and the seconds of work, float64 [count] each; the same for every rate."""
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(1.0, count) / load.rate
    return gaps, times.draw(load.lengths(count, rng), rng)
