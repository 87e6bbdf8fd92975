"""CUDA graphs: a small forward pass as one launch.

Below a few thousand tokens, a GPU finishes each of several hundred kernels before the CPU has launched the next. So
graphs of a few shapes are captured at startup, and a small batch is padded to the next larger shape. A large batch
hides its launches and runs without a graph, unpadded.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from luke_qa.backends.attention import Attention, varlen_attention
from luke_qa.backends.packing import Bucket, Packed, fill, pack
from luke_qa.tokenizer import IntArray

logger = logging.getLogger(__name__)

BUCKETS = tuple(Bucket(tokens, tokens // 32) for tokens in range(512, 4096 + 1, 512))

Forward = Callable[[Tensor, Tensor, Attention], Tensor]


class CudaGraphs:
    """A forward pass, captured once for each of ``BUCKETS``.

    ``forward`` takes ids and positions (int64 [tokens]) and attention, and returns logits [tokens, 2].
    """

    def __init__(self, forward: Forward, max_tokens: int, pad_id: int, device: torch.device) -> None:
        self._max_tokens = max_tokens
        self._pad_id = pad_id
        pool = torch.cuda.graph_pool_handle()  # one pool for all graphs, since no two run at once
        self._graphs: dict[Bucket, _Graph] = {}
        # Largest first: the others fit into the memory that it has reserved.
        for bucket in reversed(BUCKETS):
            padding = self._filled([], bucket)
            assert padding, bucket
            self._graphs[bucket] = _Graph(forward, padding, max_tokens, device, pool)

    def logits(self, windows: Sequence[IntArray]) -> Tensor | None:
        """Return float32 [tokens, 2] on the GPU, valid until the next call; None if no graph is large enough."""
        for bucket in BUCKETS:
            if packed := self._filled(windows, bucket):
                return self._graphs[bucket](packed)[: sum(map(len, windows))]
        return None

    def _filled(self, windows: Sequence[IntArray], bucket: Bucket) -> Packed | None:
        filled = fill(windows, bucket, self._max_tokens, self._pad_id)
        return pack(filled) if filled else None


class _Graph:
    """One captured shape, with the memory that it reads and writes."""

    def __init__(self, forward: Forward, example: Packed, max_tokens: int, device: torch.device, pool: Any) -> None:
        self._inputs = [torch.from_numpy(x).to(device) for x in (example.ids, example.positions, example.cu_seqlens)]
        ids, positions, cu_seqlens = self._inputs
        attend = varlen_attention(cu_seqlens, max_tokens)
        stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):  # torch requires warm-up passes before a capture
            for _ in range(3):
                forward(ids, positions, attend)
        torch.cuda.current_stream(device).wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=pool):
            self._logits = forward(ids, positions, attend)

    def __call__(self, packed: Packed) -> Tensor:
        for target, values in zip(self._inputs, (packed.ids, packed.positions, packed.cu_seqlens), strict=True):
            target.copy_(torch.from_numpy(values))
        self._graph.replay()
        return self._logits


def record(forward: Forward, max_tokens: int, pad_id: int, device: torch.device) -> CudaGraphs | None:
    """Capture the graphs of ``forward``. If that fails, log a warning and return None: slower, but just as correct."""
    try:
        return CudaGraphs(forward, max_tokens, pad_id, device)
    except RuntimeError as error:
        logger.warning("Small batches run without CUDA graphs: %s", error)
        return None
