"""Divide a machine among TorchServe's workers."""

from collections.abc import Mapping
from typing import Any

from luke_qa.settings import Settings


def count_workers(config: Mapping[str, Any], cores: int, gpus: int) -> int:
    """Return how many workers TorchServe starts for this ``model-config.yaml``: by default one per GPU or core."""
    return max(int(config.get("minWorkers", 0)), int(config.get("maxWorkers", 0))) or gpus or cores


def worker_threads(settings: Settings, config: Mapping[str, Any], cores: int, gpus: int) -> int:
    """Return the threads of one worker. With more threads than cores in all, every worker would be slower."""
    if settings.threads != "auto":
        return settings.threads
    return max(1, cores // count_workers(config, cores, gpus))
