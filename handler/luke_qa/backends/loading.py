"""Choose the backend: torch, which runs everywhere, or OpenVINO, which is faster on a CPU."""

from importlib.util import find_spec

import torch

from luke_qa.backends.base import Model
from luke_qa.backends.torch_model import LukeModel, resolve_device
from luke_qa.checkpoint import Checkpoint, CheckpointError
from luke_qa.choices import Backend


def load_model(
    checkpoint: Checkpoint,
    backend: Backend = Backend.AUTO,
    device: str = "auto",
    dtype: str = "auto",
    token_budget: int | None = None,
) -> tuple[Model, str]:
    """Load the model of ``checkpoint``; return it with the reason for its backend.

    ``device``, ``dtype`` and ``token_budget`` are as for ``LukeModel``. OpenVINO takes as many threads as torch has.

    Raises:
        CheckpointError: the checkpoint cannot be loaded, or not by that backend.
    """
    chosen, reason = _choose(checkpoint, backend, device, dtype)
    if chosen is Backend.TORCH:
        return LukeModel.load(checkpoint, device, dtype, token_budget), reason
    from luke_qa.backends.openvino_model import OpenVinoModel  # an extra: not installed everywhere

    return OpenVinoModel(checkpoint, torch.get_num_threads(), dtype, token_budget), reason


def _choose(checkpoint: Checkpoint, wanted: Backend, device: str, dtype: str) -> tuple[Backend, str]:
    if wanted is Backend.TORCH:
        return wanted, "it was requested"
    obstacle = _obstacle(checkpoint, device, dtype)
    if wanted is Backend.OPENVINO and obstacle:
        raise CheckpointError(f"OpenVINO cannot be used: {obstacle}.")
    if obstacle:
        return Backend.TORCH, f"not OpenVINO: {obstacle}"
    return Backend.OPENVINO, "it was requested" if wanted is Backend.OPENVINO else "it is the fastest on a CPU"


def _obstacle(checkpoint: Checkpoint, device: str, dtype: str) -> str | None:
    """Return why OpenVINO cannot be used, or None if it can."""
    if resolve_device(device).type != "cpu":
        return "there is a GPU"
    if not checkpoint.graph_file.is_file():
        return "the archive has no graph for it (make archive BACKEND=openvino)"
    if find_spec("openvino") is None:
        return "it is not installed (requirements/openvino.txt)"
    from luke_qa.backends.openvino_model import precisions

    if dtype not in ("auto", *precisions()):
        return f"on this CPU it supports {' and '.join(precisions())}, not {dtype}"
    return None
