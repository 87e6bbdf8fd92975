"""Batching and workers for the machine that will serve: one profile for CPUs, one for GPUs."""

from enum import StrEnum
from typing import Any

import torch
import yaml

from ops.layout import CONFIG

MODEL_CONFIG = CONFIG / "model-config.yaml"
GPU_CONFIG = CONFIG / "gpu.yaml"


class Profile(StrEnum):
    """``auto`` is that of this machine."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


def resolve(profile: Profile) -> Profile:
    if profile is Profile.AUTO:
        return Profile.GPU if torch.cuda.is_available() else Profile.CPU
    return profile


def read_model_config(profile: Profile) -> dict[str, Any]:
    """``model-config.yaml``; on a GPU with what ``gpu.yaml`` says instead."""
    config: dict[str, Any] = yaml.safe_load(MODEL_CONFIG.read_text("utf-8"))
    if resolve(profile) is Profile.GPU:
        config |= yaml.safe_load(GPU_CONFIG.read_text("utf-8"))
    return config
