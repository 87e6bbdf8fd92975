"""The forward pass on a CPU with OpenVINO, the fastest ``Model`` there."""

import os
from collections.abc import Sequence
from functools import cache
from itertools import groupby

import numpy as np
import openvino
from openvino import properties
from openvino.properties import hint

from luke_qa.backends.base import CPU_TOKEN_BUDGET, Logits
from luke_qa.checkpoint import Checkpoint, CheckpointError
from luke_qa.tokenizer import IntArray

# After a window of a single token, OpenVINO 2026.4 gives wrong logits for every later window of sixteen or more. A real
# window has at least six.
MIN_TOKENS = 2

# OpenVINO, and oneDNN inside it, cache what they prepare for each window length: about a megabyte per length, so a
# worker would grow by hundreds. Preparing a length again has no measurable cost, except in int8: there a length takes
# 8 MB, and this bound costs about a quarter of the speed (bench/README.md).
_MAX_CACHED_SHAPES = 64

_PRECISIONS = {"float32": openvino.Type.f32, "bfloat16": openvino.Type.bf16}


@cache
def precisions() -> tuple[str, ...]:
    """Return the dtypes in which OpenVINO computes on this CPU."""
    offered = openvino.Core().get_property("CPU", properties.device.capabilities)
    return tuple(_PRECISIONS) if "BF16" in offered else ("float32",)


def compile_options(threads: int, dtype: str) -> dict[str, object]:
    """Return OpenVINO's properties for one request at a time, on ``threads`` threads, in one of ``precisions``."""
    return {
        hint.inference_precision: _PRECISIONS[dtype],
        hint.performance_mode: hint.PerformanceMode.LATENCY,
        # With pinning, every worker would pin its threads to the same first cores.
        hint.enable_cpu_pinning: False,
        properties.inference_num_threads: threads,
        properties.num_streams: 1,
        "CPU_RUNTIME_CACHE_CAPACITY": _MAX_CACHED_SHAPES,
    }


class OpenVinoModel:
    """The graph next to a checkpoint's weights (see ``openvino_graph``), computed by ``threads`` threads.

    ``dtype`` is ``"auto"`` (float32) or one of ``precisions``. Windows of equal length share a pass; on a CPU, padding
    others to share one costs more than it gains.

    Raises:
        CheckpointError: the graph is damaged.
    """

    def __init__(
        self, checkpoint: Checkpoint, threads: int, dtype: str = "auto", token_budget: int | None = None
    ) -> None:
        self.max_tokens = checkpoint.config.max_tokens
        self.token_budget = token_budget or CPU_TOKEN_BUDGET
        self._dtype = "float32" if dtype == "auto" else dtype
        os.environ.setdefault(
            "ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(_MAX_CACHED_SHAPES)
        )  # read when the graph is compiled
        core, file = openvino.Core(), checkpoint.graph_file
        try:
            graph = core.read_model(file)
            self._request = core.compile_model(
                graph, "CPU", compile_options(threads, self._dtype)
            ).create_infer_request()
        except RuntimeError as error:
            raise CheckpointError(f"{file} is not an OpenVINO graph, or is truncated.") from error
        if any(node.get_type_name() == "FakeQuantize" for node in graph.get_ops()):
            self._dtype = f"int8 and {self._dtype}"

    def describe(self) -> dict[str, str]:
        return {"backend": "openvino", "device": "cpu", "dtype": self._dtype, "version": openvino.get_version()}

    def logits(self, windows: Sequence[IntArray]) -> list[Logits]:
        if any(len(window) < MIN_TOKENS for window in windows):
            raise ValueError(f"A window has at least {MIN_TOKENS} tokens.")
        found: list[Logits] = []
        for _, run in groupby(windows, len):
            (logits,) = self._request.infer([np.stack(list(run))]).values()  # [windows, tokens, 2]
            found += [Logits(start, end) for start, end in np.moveaxis(logits, 2, 1).copy()]
        return found
