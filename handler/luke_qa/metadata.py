"""What this project adds to a checkpoint's ``config.json``, under ``luke_qa``: how its logits become answers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from luke_qa.choices import EndLabel
from luke_qa.confidence import Thresholds
from luke_qa.place import UNSCALED, PlattScaling

_TEMPERATURES = (0.01, 100.0)
_WEIGHTS = (0.0, 100.0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was fitted to development data.

    thresholds: None if none were fitted. prior_weight: how much a window's rank in the shortlist counts.
    relative_energies: whether a window's energies count relative to its own "no answer". phrase_weight: the energy that
    each border between phrases in an answer costs.
    """

    temperature: float = 1.0
    place_scaling: PlattScaling = UNSCALED
    thresholds: Thresholds | None = None
    prior_weight: float = 0.0
    relative_energies: bool = False
    phrase_weight: float = 0.0


UNFITTED = Fitted()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was declared (end_label: None if it is not) and what was fitted."""

    end_label: EndLabel | None
    fitted: Fitted = UNFITTED


def read_metadata(metadata: Any) -> Metadata:
    """Read the object under ``luke_qa`` in ``config.json``.

    Raises:
        ValueError: it or one of its values is wrong; the message says which.
    """
    if not isinstance(metadata, dict):
        raise ValueError('"luke_qa" is not an object.')
    return Metadata(
        _end_label(metadata.get("end_label")),
        Fitted(
            _number("temperature", metadata.get("temperature", 1.0), _TEMPERATURES),
            _place_scaling(metadata.get("place_scaling")),
            _thresholds(metadata.get("thresholds")),
            _number("prior_weight", metadata.get("prior_weight", 0.0), _WEIGHTS),
            _flag("relative_energies", metadata.get("relative_energies", False)),
            _number("phrase_weight", metadata.get("phrase_weight", 0.0), _WEIGHTS),
        ),
    )


def _end_label(declared: Any) -> EndLabel | None:
    if declared is not None and declared not in tuple(EndLabel):
        raise ValueError(f'end_label is {declared!r}, which is neither "exclusive" nor "inclusive".')
    return None if declared is None else EndLabel(declared)


def _number(key: str, value: Any, bounds: tuple[float, float]) -> float:
    low, high = bounds
    if type(value) not in (int, float) or not low <= value <= high:
        raise ValueError(f"{key} is {value!r}, not between {low:g} and {high:g}.")
    return float(value)


def _flag(key: str, value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{key} is {value!r}, neither true nor false.")
    return value


def _place_scaling(given: Any) -> PlattScaling:
    if given is None:
        return UNSCALED
    scaling = PlattScaling(**_numbers("place_scaling", given, ("slope", "bias")))
    if scaling.slope <= 0:
        raise ValueError(f"place_scaling.slope is {scaling.slope:g}, not above 0.")
    return scaling


def _thresholds(given: Any) -> Thresholds | None:
    if given is None:
        return None
    numbers = _numbers("thresholds", given, ("high", "none"))
    for name, value in numbers.items():
        if not 0 < value <= 1:
            raise ValueError(f"thresholds.{name} is {value:g}, not above 0 and at most 1.")
    return Thresholds(**numbers)


def _numbers(key: str, given: Any, names: tuple[str, str]) -> dict[str, float]:
    if not isinstance(given, Mapping) or given.keys() != set(names):
        raise ValueError(f"{key} must be an object of {' and '.join(names)}.")
    for name, value in given.items():
        if type(value) not in (int, float) or not math.isfinite(value):
            raise ValueError(f"{key}.{name} is {value!r}, not a number.")
    return {name: float(value) for name, value in given.items()}
