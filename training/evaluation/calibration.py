"""Calibration: whether four in five answers with a score of 0.8 are correct, and the temperature that makes it so."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from luke_qa.checkpoint import CONFIG_FILE, METADATA_KEY
from luke_qa.choices import EndLabel
from luke_qa.metadata import Fitted
from luke_qa_client.evaluation import Bin, log_loss, reliability

_LOWEST, _HIGHEST = 0.2, 10.0  # range of temperatures to search
_TOLERANCE = 0.01  # of the logarithm


@dataclass(frozen=True, slots=True)
class Calibration:
    """Reliability of the scores at one temperature; ``Reliability`` describes the measures."""

    temperature: float
    error: float
    log_loss: float
    bins: tuple[Bin, ...]


def calibration(scores: Sequence[float], right: Sequence[float], temperature: float) -> Calibration:
    """Measure the reliability of ``scores`` [answers] in [0, 1].

    ``right`` [answers] is 1.0 where the answer matched exactly, otherwise 0.0.
    """
    found = reliability(scores, right)
    return Calibration(temperature, found.error, found.log_loss, found.bins)


def fit_temperature(scores_at: Callable[[float], Sequence[float]], right: Sequence[float]) -> float:
    """Find the temperature whose scores best predict which answers are right.

    The best span is the same at every temperature, so only its score changes and the loss has one minimum, which a
    golden-section search over the logarithm finds.
    """
    ratio = (math.sqrt(5) - 1) / 2
    low, high = math.log(_LOWEST), math.log(_HIGHEST)

    def loss(logarithm: float) -> float:
        return log_loss(scores_at(math.exp(logarithm)), right)

    inner, outer = high - ratio * (high - low), low + ratio * (high - low)
    loss_inner, loss_outer = loss(inner), loss(outer)
    while high - low > _TOLERANCE:
        if loss_inner < loss_outer:
            high, outer, loss_outer = outer, inner, loss_inner
            inner = high - ratio * (high - low)
            loss_inner = loss(inner)
        else:
            low, inner, loss_inner = inner, outer, loss_outer
            outer = low + ratio * (high - low)
            loss_outer = loss(outer)
    return math.exp((low + high) / 2)


def store_calibration(checkpoint: Path, end_label: EndLabel, fitted: Fitted) -> None:
    """Write what was fitted into the checkpoint's configuration, where the server reads it.

    The end label is stored too, because the lock does not apply to files that have changed.
    """
    store_metadata(checkpoint, as_stored(end_label, fitted))


def as_stored(end_label: EndLabel, fitted: Fitted) -> dict[str, object]:
    """Return the object as ``read_metadata`` reads it."""
    return {"end_label": end_label, **asdict(fitted)}


def store_metadata(checkpoint: Path, values: Mapping[str, object]) -> None:
    """Write ``values`` beside what the checkpoint's configuration says for this server."""
    file = checkpoint / CONFIG_FILE
    fields = json.loads(file.read_text("utf-8"))
    fields[METADATA_KEY] = fields.get(METADATA_KEY, {}) | values
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(fields, ensure_ascii=False, indent=2) + "\n", "utf-8")
    temporary.replace(file)
