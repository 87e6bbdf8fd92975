"""The forward pass against transformers': right first, then fast. Runs on a GPU where there is one, else on the CPU.

    python -m bench.forward [--hidden 768 --layers 12 ...] [--output report.json]

Weights are random, of the real configuration by default; the reference is transformers'
LukeForQuestionAnswering, eager and in float32 on the CPU. Speeds are of the same device in the same run:
transformers one window at a time and in padded batches against this engine's packed batches, beside the
device's own rate for a large matrix product.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import LukeConfig, LukeForQuestionAnswering

from luke_qa.batching import plan_batches
from luke_qa.checkpoint import ModelConfig
from luke_qa.model import Logits, LukeModel
from luke_qa.tokenizer import IntArray

# Question and context lengths of real requests: median 148, p95 338, p99 440 tokens.
MIX_LOG_MEAN, MIX_LOG_SIGMA = np.log(148), 0.5


Reference = Any  # transformers' classes have no usable types


@dataclass(frozen=True, slots=True)
class Agreement:
    """Logits against the reference: largest difference, and norm of the difference over that of the reference."""

    name: str
    max_difference: float
    relative_norm: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one way to run one set of windows."""

    name: str
    windows: str
    windows_per_second: float
    tokens_per_second: float
    tflops: float
    share_of_gemm: float
    spread: float  # (slowest - fastest) / median over the repeats


def build(config: ModelConfig, seed: int) -> Reference:
    """A model of transformers with random weights, whose outputs vary as a trained one's do."""
    torch.manual_seed(seed)
    model: Reference = LukeForQuestionAnswering(  # type: ignore[no-untyped-call]
        LukeConfig(  # type: ignore[no-untyped-call]
            vocab_size=config.vocab_size,
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_hidden_layers,
            num_attention_heads=config.num_attention_heads,
            intermediate_size=config.intermediate_size,
            max_position_embeddings=config.max_position_embeddings,
            type_vocab_size=config.type_vocab_size,
            layer_norm_eps=config.layer_norm_eps,
            entity_vocab_size=4,
            entity_emb_size=256,
            use_entity_aware_attention=True,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
        )
    )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=0.05)
    model.eval()
    return model


def draw_windows(lengths: Sequence[int], vocab_size: int, seed: int) -> list[IntArray]:
    generator = np.random.default_rng(seed)
    return [generator.integers(4, vocab_size - 4, size=length) for length in lengths]


def draw_mix(count: int, max_tokens: int, seed: int) -> list[int]:
    lengths = np.random.default_rng(seed).lognormal(MIX_LOG_MEAN, MIX_LOG_SIGMA, count)
    return [int(length) for length in lengths.clip(16, max_tokens)]


def run_packed(model: LukeModel, windows: Sequence[IntArray]) -> list[Logits]:
    results: dict[int, Logits] = {}
    for batch in plan_batches([len(window) for window in windows], model.token_budget):
        results |= zip(batch, model.logits([windows[i] for i in batch]), strict=True)
    return [results[i] for i in range(len(windows))]


def run_reference(model: Reference, windows: Sequence[IntArray], batch_size: int = 1) -> list[Logits]:
    """The forward of transformers over windows padded to the longest of their batch, in the order given."""
    device, results = next(model.parameters()).device, []
    for first in range(0, len(windows), batch_size):
        batch = windows[first : first + batch_size]
        ids = np.full((len(batch), max(map(len, batch))), 1)
        for row, window in zip(ids, batch, strict=True):
            row[: len(window)] = window
        inputs = torch.from_numpy(ids).to(device)
        with torch.inference_mode():
            output = model(input_ids=inputs, attention_mask=inputs.ne(1).long())
        start, end = output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
        results += [Logits(s[: len(w)], e[: len(w)]) for s, e, w in zip(start, end, batch, strict=True)]
    return results


def compare(name: str, got: Sequence[Logits], reference: Sequence[Logits]) -> Agreement:
    pairs = [pair for g, r in zip(got, reference, strict=True) for pair in ((g.start, r.start), (g.end, r.end))]
    assert all(np.isfinite(g).all() for g, _ in pairs), name
    difference = np.concatenate([g - r for g, r in pairs])
    return Agreement(
        name,
        float(abs(difference).max()),
        float(np.linalg.norm(difference) / np.linalg.norm(np.concatenate([r for _, r in pairs]))),
    )


def flops(config: ModelConfig, length: int) -> float:
    """Multiply-adds counted twice, of one window."""
    hidden, layers = config.hidden_size, config.num_hidden_layers
    dense = 2 * layers * (4 * hidden**2 + 2 * hidden * config.intermediate_size)
    return length * (dense + 4 * layers * hidden * length)


def seconds(call: Callable[[], object], device: torch.device, repeats: int) -> list[float]:
    call()
    times = []
    for _ in range(repeats):
        if device.type == "cuda":
            torch.cuda.synchronize()
        started = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return times


def gemm_tflops(device: torch.device, dtype: torch.dtype, size: int) -> float:
    """The device's rate for one large product of random matrices, in TFLOP/s."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    return 2 * size**3 / statistics.median(seconds(lambda: a @ b, device, 10)) / 1e12


def measure(
    name: str,
    label: str,
    call: Callable[[], object],
    windows: Sequence[IntArray],
    config: ModelConfig,
    device: torch.device,
    gemm: float,
    repeats: int,
) -> Speed:
    times = seconds(call, device, repeats)
    median = statistics.median(times)
    rate = sum(flops(config, len(window)) for window in windows) / median / 1e12
    return Speed(
        name,
        label,
        len(windows) / median,
        sum(map(len, windows)) / median,
        rate,
        rate / gemm,
        (max(times) - min(times)) / median,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--vocabulary", type=int, default=32772)
    parser.add_argument("--windows", type=int, default=256, help="of the realistic mix")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--gemm", type=int, default=8192, help="size of the matrix product")
    parser.add_argument("--budgets", type=int, nargs="+", default=[2048, 4096, 8192, 16384, 32768])
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()

    hidden = arguments.hidden
    config = ModelConfig(arguments.vocabulary, hidden, arguments.layers, hidden // 64, 4 * hidden, 514, 1, 1e-5)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    reference_model = build(config, seed=0)
    weights = {name: tensor.detach() for name, tensor in reference_model.state_dict().items()}
    dtypes = ["float32", "bfloat16", "float16"] if device.type == "cuda" else ["float32", "bfloat16"]

    check = draw_windows([1, 2, 17, 64, 64, 100, 256, 333, 384, 511, 512, 512], config.vocab_size, seed=1)
    expected = run_reference(reference_model, check)
    agreements = []
    for dtype in dtypes:
        model = LukeModel(config, weights, str(device), dtype)
        agreements.append(compare(f"packed {dtype}", run_packed(model, check), expected))
        print(agreements[-1], flush=True)

    mix = draw_windows(draw_mix(arguments.windows, config.max_tokens, seed=2), config.vocab_size, seed=3)
    fixed = draw_windows([384] * arguments.windows, config.vocab_size, seed=4)
    single = mix[:32]
    speeds = []

    def report(name: str, label: str, call: Callable[[], object], windows: Sequence[IntArray]) -> None:
        speeds.append(measure(name, label, call, windows, config, device, gemm, arguments.repeats))
        print(speeds[-1], flush=True)

    for dtype in dtypes:
        torch_dtype = getattr(torch, dtype)
        gemm = gemm_tflops(device, torch_dtype, arguments.gemm)
        print(f"GEMM {dtype}: {gemm:.1f} TFLOP/s", flush=True)
        eager = reference_model.to(device, torch_dtype)
        report(f"transformers {dtype}, one by one", "mix", partial(run_reference, eager, single), single)
        report(f"transformers {dtype}, batches of 16", "mix", partial(run_reference, eager, mix, 16), mix)
        alone = LukeModel(config, weights, str(device), dtype, token_budget=1)
        report(f"packed {dtype}, one by one", "mix", partial(run_packed, alone, single), single)
        for budget in arguments.budgets:
            model = LukeModel(config, weights, str(device), dtype, budget)
            for label, windows in (("mix", mix), ("384", fixed)):
                report(f"packed {dtype}, {budget} tokens", label, partial(run_packed, model, windows), windows)

    machine = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or platform.machine()
    if arguments.output:
        result = {
            "device": machine,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "config": asdict(config),
            "agreement": [asdict(item) for item in agreements],
            "speed": [asdict(item) for item in speeds],
        }
        arguments.output.write_text(json.dumps(result, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
