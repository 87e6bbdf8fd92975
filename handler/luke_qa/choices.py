"""The choices that settings name: which backend computes, and how its logits are decoded."""

from enum import StrEnum


class Backend(StrEnum):
    """What computes the forward pass. ``auto`` is resolved when a checkpoint is loaded."""

    AUTO = "auto"
    TORCH = "torch"
    OPENVINO = "openvino"


class Decoding(StrEnum):
    """``joint``: the best span over all windows; ``card``: the model card's own token slice, for parity."""

    JOINT = "joint"
    CARD = "card"
