"""The named choices: which backend computes, how its logits are decoded, and what a checkpoint's end labels mean."""

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


class EndLabel(StrEnum):
    """What an end label points at: the token after the answer, or the answer's last token."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
