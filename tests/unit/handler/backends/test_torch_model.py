from pathlib import Path

import numpy as np
import pytest
import torch

from luke_qa.backends.base import CPU_TOKEN_BUDGET, DeviceLost
from luke_qa.backends.torch_model import LukeModel, resolve_device, resolve_dtype
from luke_qa.checkpoint import open_checkpoint

WINDOWS = [np.array([0, 7, 2, 2, 8, 9, 2]), np.array([0, 7, 2, 2, 2])]


def test_logits_are_float32_of_the_length_of_their_window(checkpoint: Path) -> None:
    for window, logits in zip(WINDOWS, LukeModel.load(open_checkpoint(checkpoint), "cpu").logits(WINDOWS), strict=True):
        for part in (logits.start, logits.end):
            assert part.shape == window.shape
            assert part.dtype == np.float32


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_near_full_precision(checkpoint: Path, dtype: str) -> None:
    opened = open_checkpoint(checkpoint)
    exact = LukeModel.load(opened, "cpu", "float32").logits(WINDOWS)
    near = LukeModel.load(opened, "cpu", dtype).logits(WINDOWS)
    spread = np.concatenate([logits.start for logits in exact]).std()
    for one, other in zip(exact, near, strict=True):
        assert np.abs(one.start - other.start).max() < spread
        assert not np.array_equal(one.start, other.start)


def test_auto_is_exact_on_a_cpu(checkpoint: Path) -> None:
    model = LukeModel.load(open_checkpoint(checkpoint), device="cpu")
    assert model.dtype is torch.float32
    assert model.token_budget == CPU_TOKEN_BUDGET


def test_a_token_budget_is_taken_as_given(checkpoint: Path) -> None:
    assert LukeModel.load(open_checkpoint(checkpoint), "cpu", token_budget=77).token_budget == 77


@pytest.mark.parametrize("waiting", [None, RuntimeError("CUDA error: an illegal memory access was encountered")])
def test_a_pass_fails_alone_unless_its_gpu_fails_even_to_be_waited_for(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, waiting: RuntimeError | None
) -> None:
    def fail(*_: object) -> torch.Tensor:
        raise RuntimeError("a kernel failed")

    def wait(device: torch.device) -> None:
        assert device.type == "cuda"
        if waiting:
            raise waiting

    monkeypatch.setattr(torch.cuda, "synchronize", wait)
    model = LukeModel.load(open_checkpoint(checkpoint))
    monkeypatch.setattr(model, "_eager", fail)
    with pytest.raises(RuntimeError, match="a kernel failed"):
        model.logits([np.arange(4)])  # there is no GPU to lose
    model.device = torch.device("cuda")
    with pytest.raises(DeviceLost if waiting else RuntimeError, match="a kernel failed"):
        model.logits([np.arange(4)])


def test_auto_takes_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for available, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda answer=available: answer)
        assert resolve_device("auto") == torch.device(expected)
    assert resolve_device("cuda:1") == torch.device("cuda", 1)


def test_auto_takes_the_best_half_precision_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = torch.device("cuda")
    for supported, expected in ((True, torch.bfloat16), (False, torch.float16)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda answer=supported: answer)
        assert resolve_dtype("auto", gpu) is expected
    assert resolve_dtype("float32", gpu) is torch.float32
