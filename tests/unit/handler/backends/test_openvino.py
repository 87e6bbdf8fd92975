"""OpenVINO computes what torch computes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from luke_qa.backends.openvino_graph import write_graph
from luke_qa.backends.openvino_model import MIN_TOKENS, OpenVinoModel, precisions
from luke_qa.backends.torch_model import LukeModel
from luke_qa.checkpoint import GRAPH_FILES, CheckpointError, load_weights, open_checkpoint
from luke_qa.tokenizer import IntArray
from ops.layout import ROOT
from tests.support.checkpoints import EMBEDDED


@pytest.fixture
def with_graph(own_checkpoint: Path) -> Path:
    """A checkpoint with the files that its archive would hold."""
    opened = open_checkpoint(own_checkpoint)
    write_graph(opened.config, load_weights(opened), own_checkpoint)
    return own_checkpoint


def load(checkpoint: Path, dtype: str = "auto") -> OpenVinoModel:
    return OpenVinoModel(open_checkpoint(checkpoint), threads=1, dtype=dtype)


def windows(vocabulary: int, lengths: list[int]) -> list[IntArray]:
    rng = np.random.default_rng(1)
    return [rng.integers(0, vocabulary, length) for length in lengths]


def test_logits_equal_torchs_at_every_length(with_graph: Path) -> None:
    opened = open_checkpoint(with_graph)
    exact, fast = LukeModel.load(opened, "cpu", "float32"), load(with_graph)
    asked = windows(opened.config.vocab_size, [*range(MIN_TOKENS, exact.max_tokens + 1), 7, 7, 7])
    for one, other in zip(exact.logits(asked), fast.logits(asked), strict=True):
        assert one.start.shape == other.start.shape
        assert other.end.dtype == np.float32
        np.testing.assert_allclose(other.start, one.start, atol=2e-5)
        np.testing.assert_allclose(other.end, one.end, atol=2e-5)


def test_the_order_of_lengths_does_not_matter(with_graph: Path) -> None:
    exact, fast = LukeModel.load(open_checkpoint(with_graph), "cpu", "float32"), load(with_graph)
    rng = np.random.default_rng(2)
    for first in (MIN_TOKENS, 15, 16, 128):
        asked = windows(100, [first, *rng.integers(MIN_TOKENS, 129, 20).tolist()])
        for one, other in zip(exact.logits(asked), fast.logits(asked), strict=True):
            np.testing.assert_allclose(other.start, one.start, atol=2e-5)


def test_a_window_of_one_token_is_refused(with_graph: Path) -> None:
    """After one, OpenVINO 2026.4 computes wrong logits; no window is so short."""
    with pytest.raises(ValueError, match="at least 2 tokens"):
        load(with_graph).logits(windows(100, [1]))


def test_what_was_returned_stays_after_the_next_pass(with_graph: Path) -> None:
    model = load(with_graph)
    first, second = windows(100, [9, 9])
    (found,) = model.logits([first])
    before = found.start.copy()
    model.logits([second])
    assert np.array_equal(found.start, before)


GROWTH = """
import sys
from pathlib import Path
import numpy as np, psutil
from luke_qa.checkpoint import open_checkpoint
from luke_qa.backends.openvino_model import OpenVinoModel

model, rng = OpenVinoModel(open_checkpoint(Path(sys.argv[1])), threads=1), np.random.default_rng(1)
def megabytes_after(lengths):
    for length in lengths:
        model.logits([rng.integers(0, 100, length)])
    return psutil.Process().memory_info().rss / 1e6
print(megabytes_after(range(512, 440, -1)), megabytes_after(range(440, 40, -2)))
"""


def test_memory_does_not_grow_with_every_length_that_is_met(tmp_path: Path) -> None:
    directory = Path(shutil.copytree(EMBEDDED, tmp_path / "embedded"))
    opened = open_checkpoint(directory)
    write_graph(opened.config, load_weights(opened), directory)
    command = [sys.executable, "-c", GROWTH, str(directory)]  # a process of its own, whose memory nobody else uses
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "handler")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    before, after = map(float, done.stdout.split())
    assert after - before < 30


@pytest.mark.skipif("bfloat16" not in precisions(), reason="this CPU does not compute in bfloat16")
def test_bfloat16_is_near(with_graph: Path) -> None:
    asked = windows(100, [40, 90])
    exact, near = load(with_graph).logits(asked), load(with_graph, "bfloat16").logits(asked)
    spread = np.concatenate([logits.start for logits in exact]).std()
    for one, other in zip(exact, near, strict=True):
        assert np.abs(one.start - other.start).max() < spread
        assert not np.array_equal(one.start, other.start)


@pytest.mark.parametrize("name", GRAPH_FILES)
def test_a_damaged_graph_is_named(with_graph: Path, name: str) -> None:
    (with_graph / name).write_bytes((with_graph / name).read_bytes()[:500])
    with pytest.raises(CheckpointError, match=r"openvino_model\.xml is not an OpenVINO graph, or is truncated"):
        load(with_graph)


def test_the_same_checkpoint_gives_the_same_graph(with_graph: Path, tmp_path: Path) -> None:
    opened = open_checkpoint(with_graph)
    write_graph(opened.config, load_weights(opened), tmp_path)
    for name in GRAPH_FILES:
        assert (tmp_path / name).read_bytes() == (with_graph / name).read_bytes()
