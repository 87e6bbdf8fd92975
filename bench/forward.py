"""The forward pass of every backend and precision, compared with transformers': first the logits, then the speed.

    python -m bench.forward [--threads 1] [--hidden 768 --layers 12 ...] [--output report.json]

Runs on a GPU if there is one, else on the CPU. The weights are random, by default in the configuration of the full-size
model. The reference is transformers' LukeForQuestionAnswering, eager and in float32, one window at a time. All take
turns in one run, as does a large matrix product in the same precision.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from bench.output import save
from bench.reference import Reference, build, run_reference
from bench.timing import Call, flops, product, take_turns
from bench.windows import draw_mix, draw_windows
from luke_qa.backends.base import Logits, Model
from luke_qa.backends.torch_model import GPU_TOKEN_BUDGET, LukeModel
from luke_qa.batching import plan_batches
from luke_qa.checkpoint import Checkpoint, ModelConfig
from luke_qa.choices import EndLabel
from luke_qa.tokenizer import IntArray

FIXED = ((64, 1), (128, 1), (256, 1), (512, 1), (128, 8), (384, 8), (128, 32))  # tokens, windows


@dataclass(frozen=True, slots=True)
class Candidate:
    """A backend with the precision of its matrix products."""

    name: str
    dtype: str
    model: Model


@dataclass(frozen=True, slots=True)
class Agreement:
    """Logits compared with the reference: the largest difference, and its norm relative to the reference's."""

    name: str
    max_difference: float
    relative_norm: float


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of one candidate on one set of windows.

    Attributes:
        ratio: speed relative to the reference.
        spread: of its turns, (slowest - fastest) / median.
        share: rate relative to the matrix product's.
    """

    name: str
    windows: str
    ratio: float
    spread: float
    share: float
    windows_per_second: float
    tokens_per_second: float


def candidates(
    config: ModelConfig, weights: dict[str, torch.Tensor], device: torch.device, scratch: Path
) -> Iterator[Candidate]:
    """All backends and precisions that this machine supports."""
    if device.type == "cuda":
        for dtype in ("float32", "bfloat16", "float16"):
            for budget in (GPU_TOKEN_BUDGET // 4, GPU_TOKEN_BUDGET, 2 * GPU_TOKEN_BUDGET):
                model = LukeModel(config, weights, "cuda", dtype, budget)
                yield Candidate(f"torch {dtype}, {budget} tokens", dtype, model)
        return
    for dtype in ("float32", "bfloat16"):
        yield Candidate(f"torch {dtype}", dtype, LukeModel(config, weights, "cpu", dtype))
    if find_spec("openvino") is None:
        return
    from luke_qa.backends.openvino_graph import write_graph
    from luke_qa.backends.openvino_model import OpenVinoModel

    write_graph(config, weights, scratch)
    checkpoint, threads = Checkpoint(scratch, config, EndLabel.EXCLUSIVE), torch.get_num_threads()
    for dtype in ("float32", "bfloat16"):
        yield Candidate(f"OpenVINO {dtype}", dtype, OpenVinoModel(checkpoint, threads, dtype))
    if find_spec("nncf") is not None:
        from ops.quantise import write_int8

        windows = draw_windows(draw_mix(64, config.max_tokens, seed=5), config.vocab_size, seed=6)
        write_int8(config, weights, windows, scratch)
        # Compared with the product in bfloat16: torch has no plain product in int8.
        yield Candidate("OpenVINO int8", "bfloat16", OpenVinoModel(checkpoint, threads, "bfloat16"))


def run_batches(model: Model, windows: Sequence[IntArray]) -> list[Logits]:
    results: dict[int, Logits] = {}
    for batch in plan_batches([len(window) for window in windows], model.token_budget):
        results |= zip(batch, model.logits([windows[i] for i in batch]), strict=True)
    return [results[i] for i in range(len(windows))]


def compare(name: str, got: Sequence[Logits], reference: Sequence[Logits]) -> Agreement:
    pairs = [pair for g, r in zip(got, reference, strict=True) for pair in ((g.start, r.start), (g.end, r.end))]
    assert all(np.isfinite(g).all() for g, _ in pairs), name
    difference = np.concatenate([g - r for g, r in pairs])
    return Agreement(
        name,
        float(abs(difference).max()),
        float(np.linalg.norm(difference) / np.linalg.norm(np.concatenate([r for _, r in pairs]))),
    )


def measure(
    label: str,
    windows: Sequence[IntArray],
    found: Sequence[Candidate],
    reference: Reference,
    config: ModelConfig,
    device: torch.device,
    repeats: int,
    gemm: int,
) -> list[Speed]:
    """Time every candidate, the reference and one product of every precision, in turn."""
    ways: dict[str, Call] = {"reference": partial(run_reference, reference, windows)}
    ways |= {candidate.name: partial(run_batches, candidate.model, windows) for candidate in found}
    ceilings = {dtype: product(gemm, getattr(torch, dtype), device) for dtype in sorted({each.dtype for each in found})}
    times = take_turns(ways | {dtype: call for dtype, (call, _) in ceilings.items()}, repeats, device)
    work, tokens = sum(flops(config, len(window)) for window in windows), sum(map(len, windows))
    speeds = []
    for name, dtype in (("reference", "float32"), *((candidate.name, candidate.dtype) for candidate in found)):
        taken = times[name]
        ceiling = ceilings[dtype][1] / times[dtype].median
        speeds.append(
            Speed(
                name,
                label,
                taken.times_faster_than(times["reference"]),
                taken.spread,
                work / taken.median / ceiling,
                len(windows) / taken.median,
                tokens / taken.median,
            )
        )
    return speeds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--vocabulary", type=int, default=32772)
    parser.add_argument("--windows", type=int, default=24, help="windows of the realistic mix")
    parser.add_argument("--threads", type=int, help="default: all cores")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--gemm", type=int, default=2048, help="rows and columns of the matrix product")
    parser.add_argument(
        "--fixed", action=argparse.BooleanOptionalAction, default=True, help="also windows of one length"
    )
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    hidden = arguments.hidden
    config = ModelConfig(arguments.vocabulary, hidden, arguments.layers, hidden // 64, 4 * hidden, 514, 1, 1e-5)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    reference = build(config, seed=0)
    weights = {name: tensor.detach() for name, tensor in reference.state_dict().items()}
    check = draw_windows([6, 17, 64, 64, 100, 256, 333, 384, 511, 512, 512], config.vocab_size, seed=1)
    expected = run_reference(reference, check)
    agreements, speeds = [], []
    with tempfile.TemporaryDirectory() as scratch:
        found = list(candidates(config, weights, device, Path(scratch)))
        for candidate in found:
            agreements.append(compare(candidate.name, run_batches(candidate.model, check), expected))
            print(agreements[-1], flush=True)
        reference.to(device)
        sets = {"mix": draw_mix(arguments.windows, config.max_tokens, seed=2)}
        if arguments.fixed:
            sets |= {f"{count} x {length}": [length] * count for length, count in FIXED}
        for label, lengths in sets.items():
            windows = draw_windows(lengths, config.vocab_size, seed=3)
            speeds += measure(label, windows, found, reference, config, device, arguments.repeats, arguments.gemm)
            print(*speeds[-len(found) - 1 :], sep="\n", flush=True)
    result = {
        "device": device.type,
        "threads": torch.get_num_threads(),
        "config": asdict(config),
        "agreement": [asdict(item) for item in agreements],
        "speed": [asdict(item) for item in speeds],
    }
    save(result, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
