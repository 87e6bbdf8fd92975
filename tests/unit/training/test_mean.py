"""The mean of checkpoints."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from luke_qa.checkpoint import SAFETENSORS_FILE as WEIGHTS
from luke_qa.checkpoint import TOKENIZER_FILE
from luke_qa.engine import Engine
from tests.support.checkpoints import TINY, write_checkpoint
from training.mean import main


def other(checkpoint: Path, directory: Path, times: float = 2) -> Path:
    """A checkpoint whose weights are so many times as large."""
    shutil.copytree(checkpoint, directory)
    weights = load_file(checkpoint / WEIGHTS)
    save_file(
        {name: times * weight for name, weight in weights.items()}, directory / WEIGHTS, metadata={"format": "pt"}
    )
    return directory


@pytest.mark.parametrize(("others", "expected"), [([2], 1.5), ([2, 6], 3)])
def test_the_mean_gives_each_the_same_share_and_can_be_served(
    checkpoint: Path, tmp_path: Path, others: list[float], expected: float
) -> None:
    out = tmp_path / "out"
    rest = [other(checkpoint, tmp_path / f"times-{times}", times) for times in others]
    assert main([str(directory) for directory in (checkpoint, *rest)] + ["--out", str(out)]) == 0
    before, after = load_file(checkpoint / WEIGHTS), load_file(out / WEIGHTS)
    torch.testing.assert_close(after, {name: expected * weight for name, weight in before.items()})
    Engine.from_checkpoint(out, device="cpu")


@pytest.mark.parametrize(
    "wrong", ["another architecture", "another tokenizer", "damaged", "no checkpoint", "there already"]
)
def test_what_has_no_mean_is_refused(
    checkpoint: Path, tmp_path: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    second, out = tmp_path / "second", tmp_path / "out"
    if wrong == "another architecture":
        write_checkpoint(second, TINY | {"num_hidden_layers": 1})
    elif wrong != "no checkpoint":
        other(checkpoint, second)
    if wrong == "another tokenizer":
        (second / TOKENIZER_FILE).write_bytes(b"another")
    elif wrong == "damaged":
        (second / WEIGHTS).write_bytes((second / WEIGHTS).read_bytes()[:100])
    elif wrong == "there already":
        out.mkdir()
    assert main([str(checkpoint), str(second), "--out", str(out)]) == 1
    assert capsys.readouterr().err.startswith("Nothing was written. ")
    assert not (out / WEIGHTS).exists()
