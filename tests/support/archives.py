"""Archives to start servers from."""

from pathlib import Path
from typing import Any

from ops.archive import build_archive
from ops.profiles import Profile, read_model_config
from tests.support.checkpoints import EMBEDDED


def build_single(output: Path, **changes: Any) -> Path:
    """Package the embedded checkpoint for one worker, which starts with less work than one for each core.

    ``changes`` replace values of ``model-config.yaml``.
    """
    config = {**read_model_config(Profile.CPU), "minWorkers": 1, "maxWorkers": 1, **changes}
    build_archive(EMBEDDED, None, output, model_config=config)
    return output
