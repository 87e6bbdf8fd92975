"""Which engine computes, and the reason that is given."""

from pathlib import Path

import pytest
import torch

from luke_qa.backends import loading
from luke_qa.backends.loading import load_model
from luke_qa.backends.openvino_graph import write_graph
from luke_qa.checkpoint import CheckpointError, load_weights, open_checkpoint
from luke_qa.choices import Backend


def add_graph(checkpoint: Path) -> None:
    opened = open_checkpoint(checkpoint)
    write_graph(opened.config, load_weights(opened), checkpoint)


def test_auto_takes_openvino_where_its_graph_is_there(own_checkpoint: Path) -> None:
    add_graph(own_checkpoint)
    model, reason = load_model(open_checkpoint(own_checkpoint), device="cpu")
    assert model.describe()["backend"] == "openvino"
    assert reason == "it is the fastest on a CPU"


def test_auto_says_why_it_takes_torch(own_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_checkpoint(own_checkpoint)
    model, reason = load_model(opened, device="cpu")
    assert model.describe()["backend"] == "torch"
    assert "no graph" in reason
    add_graph(own_checkpoint)
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    assert "not installed" in load_model(opened, device="cpu")[1]


def test_a_precision_that_openvino_lacks_is_torchs(own_checkpoint: Path) -> None:
    add_graph(own_checkpoint)
    opened = open_checkpoint(own_checkpoint)
    model, reason = load_model(opened, device="cpu", dtype="float16")
    assert (model.describe()["backend"], model.describe()["dtype"]) == ("torch", "float16")
    assert "not float16" in reason
    with pytest.raises(CheckpointError, match="not float16"):
        load_model(opened, Backend.OPENVINO, "cpu", "float16")


def test_a_gpu_is_torchs(own_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_graph(own_checkpoint)
    monkeypatch.setattr(loading, "resolve_device", lambda name: torch.device("cuda"))
    _, reason = load_model(open_checkpoint(own_checkpoint), device="cpu")
    assert "there is a GPU" in reason


def test_what_is_asked_for_is_taken_or_refused(own_checkpoint: Path) -> None:
    opened = open_checkpoint(own_checkpoint)
    with pytest.raises(CheckpointError, match="has no graph"):
        load_model(opened, Backend.OPENVINO, "cpu")
    add_graph(own_checkpoint)
    for name in (Backend.TORCH, Backend.OPENVINO):
        model, reason = load_model(opened, name, "cpu")
        assert (model.describe()["backend"], reason) == (name, "it was requested")
