"""Windows one behind the other, and filled up to a bucket."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.backends import cuda_graphs
from luke_qa.backends.attention import block_attention
from luke_qa.backends.cuda_graphs import BUCKETS, Forward
from luke_qa.backends.packing import Bucket, Packed, fill, pack
from luke_qa.backends.torch_model import LukeModel
from luke_qa.checkpoint import open_checkpoint
from luke_qa.tokenizer import PAD, IntArray
from tests.support.checkpoints import TINY, TINY_MAX_TOKENS, write_checkpoint

LONGEST = 512


def windows_of(lengths: list[int]) -> list[IntArray]:
    return [np.arange(10, 10 + length) for length in lengths]


def test_windows_lie_one_behind_the_other_and_each_counts_its_positions_anew() -> None:
    packed = pack(windows_of([3, 0, 2]))
    assert packed.ids.tolist() == [10, 11, 12, 10, 11]
    assert packed.positions.tolist() == [0, 1, 2, 0, 1]
    assert packed.cu_seqlens.tolist() == [0, 3, 3, 5]
    assert [str(array.dtype) for array in (packed.ids, packed.positions, packed.cu_seqlens)] == [
        "int64",
        "int64",
        "int32",
    ]


@given(st.lists(st.integers(6, LONGEST), max_size=60), st.sampled_from(BUCKETS))
def test_a_filled_bucket_has_its_shape_and_begins_with_the_windows(lengths: list[int], bucket: Bucket) -> None:
    given_windows = windows_of(lengths)
    filled = fill(given_windows, bucket, LONGEST, PAD)
    if filled is None:
        padding = -(-(bucket.tokens - sum(lengths)) // LONGEST)
        assert sum(lengths) > bucket.tokens or len(lengths) + padding > bucket.windows
        return
    assert all(map(np.array_equal, filled, given_windows))
    packed = pack(filled)
    assert len(packed.ids) == len(packed.positions) == bucket.tokens
    assert len(packed.cu_seqlens) == bucket.windows + 1
    assert max(np.diff(packed.cu_seqlens)) <= LONGEST
    assert set(packed.ids[sum(lengths) :].tolist()) <= {PAD}


@given(st.lists(st.integers(32, LONGEST), min_size=1, max_size=40))
def test_a_batch_of_usual_windows_up_to_the_largest_bucket_finds_one_that_it_fills_well(lengths: list[int]) -> None:
    tokens, fitting = sum(lengths), [b for b in BUCKETS if fill(windows_of(lengths), b, LONGEST, PAD)]
    if tokens > BUCKETS[-1].tokens:
        assert not fitting
    elif min(lengths) >= 64:
        assert fitting[0].tokens - tokens < 512


def test_what_fills_a_bucket_changes_no_logits(tmp_path: Path) -> None:
    model = LukeModel.load(open_checkpoint(write_checkpoint(tmp_path / "tiny", TINY)), "cpu", "float32")
    windows = windows_of([7, 30, 12])
    filled = fill(windows, Bucket(256, 9), TINY_MAX_TOKENS, PAD)
    assert filled
    packed = pack(filled)
    with torch.inference_mode():
        logits = model._forward(
            torch.from_numpy(packed.ids),
            torch.from_numpy(packed.positions),
            block_attention([len(window) for window in filled if len(window)]),
        )
    expected = np.concatenate([np.stack([found.start, found.end], 1) for found in model.logits(windows)])
    np.testing.assert_allclose(logits[: len(expected)].numpy(), expected, atol=2e-5)


class Eager:
    """In place of a recorded graph, which needs a GPU: the same forward pass over the same filled batch."""

    def __init__(self, forward: Forward, example: Packed, *_: object) -> None:
        self._forward, self._shape = forward, (example.ids.shape, example.cu_seqlens.shape)

    def __call__(self, packed: Packed) -> torch.Tensor:
        assert (packed.ids.shape, packed.cu_seqlens.shape) == self._shape  # as it was recorded
        lengths = [int(length) for length in np.diff(packed.cu_seqlens) if length]
        return self._forward(torch.from_numpy(packed.ids), torch.from_numpy(packed.positions), block_attention(lengths))


def test_a_batch_goes_through_the_graph_that_it_fits_and_a_larger_one_through_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda_graphs, "_Graph", Eager)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: None)
    model = LukeModel.load(open_checkpoint(write_checkpoint(tmp_path / "tiny", TINY)), "cpu", "float32")
    graphs = cuda_graphs.CudaGraphs(model._forward, TINY_MAX_TOKENS, PAD, torch.device("cpu"))
    for count in (1, 5, 30):
        windows = windows_of([90] * count)
        with torch.inference_mode():
            logits = graphs.logits(windows)
        expected = np.concatenate([np.stack([found.start, found.end], 1) for found in model.logits(windows)])
        assert logits is not None
        np.testing.assert_allclose(logits.numpy(), expected, atol=2e-5)
    assert graphs.logits(windows_of([90] * 46)) is None  # 4,140 tokens


def test_where_no_graph_can_be_recorded_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    if torch.cuda.is_available():
        pytest.skip("a GPU records them")

    def forward(*_: object) -> torch.Tensor:
        raise AssertionError("never reached")

    assert cuda_graphs.record(forward, LONGEST, PAD, torch.device("cuda")) is None
    assert "without CUDA graphs" in caplog.text
