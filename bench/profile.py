"""Where OpenVINO spends the time of a forward pass, according to its own counters.

    python -m bench.profile [--dtype bfloat16] [--int8] [--threads 1] [--tokens 384] [--output profile.json]

The model has the full-size configuration and random weights; it processes the same window repeatedly.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import openvino
import torch
from openvino import properties

from bench.output import save
from bench.real import REAL
from bench.reference import build
from bench.windows import draw_mix, draw_windows
from luke_qa.backends.openvino_graph import write_graph
from luke_qa.backends.openvino_model import compile_options
from luke_qa.checkpoint import GRAPH_FILES

PASSES = 20


def shares(graph: Path, dtype: str, threads: int, tokens: int) -> dict[str, float]:
    """Each kind of operation with its share of the time, largest first."""
    options = compile_options(threads, dtype) | {properties.enable_profiling: True}
    request = openvino.Core().compile_model(graph, "CPU", options).create_infer_request()
    (window,) = draw_windows([tokens], REAL.vocab_size, seed=1)
    seconds = Counter[str]()
    for number in range(PASSES + 1):
        request.infer([window[None]])
        if number:  # the first warms up
            for node in request.profiling_info:
                seconds[node.node_type] += node.real_time.total_seconds()
    total = seconds.total()
    return {kind: taken / total for kind, taken in seconds.most_common() if taken >= 0.001 * total}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="bfloat16")
    parser.add_argument("--int8", action="store_true", help="matrix products in int8, the rest in --dtype")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=384)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    weights = {name: tensor.detach() for name, tensor in build(REAL, seed=0).state_dict().items()}
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as scratch:
        write_graph(REAL, weights, Path(scratch))
        if arguments.int8:
            from ops.quantise import write_int8

            windows = draw_windows(draw_mix(64, REAL.max_tokens, seed=5), REAL.vocab_size, seed=6)
            write_int8(REAL, weights, windows, Path(scratch))
        found = shares(Path(scratch) / GRAPH_FILES[0], arguments.dtype, arguments.threads, arguments.tokens)
    for kind, share in found.items():
        print(f"{share:6.1%}  {kind}")
    save(
        {name: getattr(arguments, name) for name in ("dtype", "int8", "threads", "tokens")} | {"shares": found},
        arguments.output,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
