"""How long a worker is busy with a question of so many tokens."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_NOISE_POINTS = 101


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """A batch keeps a worker for ``batch`` + the sum over its questions of (``request`` + ``token`` x tokens) x noise.

    Attributes:
        request: seconds for each question, whatever its length.
        token: seconds for each token.
        batch: seconds for each batch.
        outside: seconds that a caller waits besides, for which no worker is busy.
        noise: quantiles, at equal distances, of measured times over those of this formula.
        source: where the figures come from.
    """

    request: float = 0.0
    token: float = 0.0
    batch: float = 0.0
    outside: float = 0.0
    noise: tuple[float, ...] = (1.0,)
    source: str = "given"

    def draw(self, tokens: Floats, rng: np.random.Generator) -> Floats:
        """Return the seconds of questions of so many tokens, without those of their batch."""
        points = np.linspace(0, 1, len(self.noise))
        noise = np.interp(rng.random(len(tokens)), points, self.noise)
        return (self.request + self.token * tokens) * noise


def fit_times(tokens: Sequence[float], seconds: Sequence[float], outside: float, source: str) -> ServiceTimes:
    """Fit the formula to measured questions, by least squares; neither figure is below 0.

    Raises:
        ValueError: fewer than two questions, or all of one length.
    """
    lengths, taken = np.asarray(tokens, float), np.asarray(seconds, float)
    if len(set(lengths.tolist())) < 2:
        raise ValueError("service times need questions of at least two lengths")
    token, request = np.polyfit(lengths, taken, 1)
    if request < 0:
        request, token = 0.0, float(lengths @ taken / (lengths @ lengths))
    elif token < 0:
        request, token = float(taken.mean()), 0.0
    ratios = taken / (request + token * lengths)
    noise = np.quantile(ratios, np.linspace(0, 1, _NOISE_POINTS))
    return ServiceTimes(
        float(request), float(token), 0.0, outside, tuple(round(float(each), 4) for each in noise), source
    )


def read_times(file: Path) -> ServiceTimes:
    """Read what ``write_times`` wrote.

    Raises:
        ValueError: it is not such a file.
    """
    try:
        fields = json.loads(file.read_text("utf-8"))
        return ServiceTimes(**{**fields, "noise": tuple(fields["noise"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} has no service times: write it with `python -m bench.capacity measure`.") from error


def write_times(times: ServiceTimes, file: Path) -> None:
    """Write the times as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(times)) + "\n", "utf-8")
