"""How a machine is shared out among TorchServe's workers."""

from collections.abc import Mapping
from typing import Any

from luke_qa.settings import Settings


def count_workers(config: Mapping[str, Any], cores: int, gpus: int) -> int:
    """Workers that TorchServe starts for this ``model-config.yaml``; by default one for each GPU, or else each core."""
    return max(int(config.get("minWorkers", 0)), int(config.get("maxWorkers", 0))) or gpus or cores


def worker_threads(settings: Settings, config: Mapping[str, Any], cores: int, gpus: int) -> int:
    """Threads of one worker. More threads than cores over all workers would slow every one of them down."""
    if settings.threads != "auto":
        return settings.threads
    return max(1, cores // count_workers(config, cores, gpus))
