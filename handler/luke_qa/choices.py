"""The values of two settings: which backend runs the forward pass, and how its logits are decoded."""

from enum import StrEnum


class Backend(StrEnum):
    """What runs the forward pass. ``auto`` is resolved when a checkpoint is loaded."""

    AUTO = "auto"
    TORCH = "torch"
    OPENVINO = "openvino"


class Decoding(StrEnum):
    """``joint``: the best span over all windows; ``card``: the token slice of the model card, for parity."""

    JOINT = "joint"
    CARD = "card"
