"""Whether a series of samples grows: a straight line by least squares, with the standard error of its slope."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PARTS = 6
LEAST = 3  # samples of a slope
SIGNIFICANT = 2.0  # standard errors; a slope within them is noise


@dataclass(frozen=True, slots=True)
class Slope:
    """The line through a series.

    Attributes:
        mean: of the samples, in the series' unit.
        per_hour: the slope, in the series' unit per hour.
        error: its standard error. Samples that depend on those before them make it too small.
        parts: the means of ``PARTS`` parts of the series, in order: a series that grows may also settle.
    """

    mean: float
    per_hour: float
    error: float
    parts: tuple[float, ...] = ()

    @property
    def is_noise(self) -> bool:
        """Whether the slope is within ``SIGNIFICANT`` standard errors of none."""
        rounding = 1e-9 * abs(self.mean)  # a constant has no error
        return abs(self.per_hour) <= SIGNIFICANT * self.error + rounding


def fit_all(seconds: Sequence[float], series: Mapping[str, Sequence[float]]) -> dict[str, Slope]:
    """Fit a line to each series; a short run has too few samples of what is sampled seldom, which is left out."""
    return {name: fit(seconds, values) for name, values in series.items() if np.isfinite(values).sum() >= LEAST}


def fit(seconds: Sequence[float], values: Sequence[float]) -> Slope:
    """Fit a line to the samples at these times; samples that are NaN are left out.

    Raises:
        ValueError: fewer than three samples are left.
    """
    hours, found = np.asarray(seconds) / 3600, np.asarray(values, dtype=float)
    known = ~np.isnan(found)
    hours, found = hours[known], found[known]
    if len(found) < LEAST:
        raise ValueError(f"a slope needs at least {LEAST} samples, not {len(found)}")
    centred = hours - hours.mean()
    spread = float(centred @ centred)
    slope = float(centred @ found) / spread
    rest = found - found.mean() - slope * centred
    error = math.sqrt(float(rest @ rest) / (len(found) - 2) / spread)
    parts = tuple(float(part.mean()) for part in np.array_split(found, PARTS) if len(part))
    return Slope(float(found.mean()), slope, error, parts)
