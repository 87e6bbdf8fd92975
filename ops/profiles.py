"""Batching and workers for the machine that will serve: one profile for CPUs, one for GPUs."""

from enum import StrEnum
from typing import Any

import yaml

from ops.layout import CONFIG

MODEL_CONFIG = CONFIG / "model-config.yaml"
GPU_CONFIG = CONFIG / "gpu.yaml"


class Profile(StrEnum):
    """``auto`` is the profile of this machine."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


def resolve(profile: Profile) -> Profile:
    """Resolve ``auto`` to ``gpu`` if torch sees one, else to ``cpu``."""
    if profile is not Profile.AUTO:
        return profile
    import torch  # takes seconds, and only packaging needs it

    return Profile.GPU if torch.cuda.is_available() else Profile.CPU


def read_model_config(profile: Profile) -> dict[str, Any]:
    """Read ``model-config.yaml``; for a GPU, the values of ``gpu.yaml`` replace its own."""
    config: dict[str, Any] = yaml.safe_load(MODEL_CONFIG.read_text("utf-8"))
    if resolve(profile) is Profile.GPU:
        config |= yaml.safe_load(GPU_CONFIG.read_text("utf-8"))
    return config
