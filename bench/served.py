"""The server under load, against its own engine without a server.

    python -m bench.served [--checkpoint checkpoints/embedded] [--engine openvino] [--set handler.dtype=bfloat16] \
        [--seconds 20] [--output report.json]

In one run, on the same requests: the bare engine from text to answer; start to first answer; a lone caller; saturation
(64 callers); open loads from 10 to 120 % of saturation; twice saturation for a while, and how long it takes to recover;
short requests beside one caller who keeps asking about 20,000 characters. Every answer is compared with the bare
engine's.
"""

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import requests
import yaml

from bench.bare import Bare, measure_bare, open_service
from bench.load import Sample, Summary, arrivals, closed_load, open_load, summarise
from bench.texts import Pair, draw_pairs, take
from luke_qa.checkpoint import open_checkpoint
from luke_qa.engines import EngineName
from luke_qa.tokenizer import Tokenizer
from ops.archive import MODEL_CONFIG, build_archive
from ops.instance import Instance, free_ports
from ops.layout import MODEL_NAME
from ops.server import make_instance, start, stop

CALLERS = 64
LOADS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.2)
LONG_CHARACTERS = 20_000
STAGES = ("preprocess", "inference", "postprocess")

# A server that does not run yet, its archive and configuration, the requests, seconds of each load.
Measure = Callable[[Instance, Path, dict[str, Any], list[Pair], float], dict[str, Any]]


def same_answers(samples: Sequence[Sample], pairs: Sequence[Pair], bare: Bare) -> float:
    """Share of the answered requests whose answer is the bare engine's, text and place."""
    found = [(json.loads(s.body), bare.answers[p]) for s, p in zip(samples, pairs, strict=True) if s.status == 200]
    same = sum((body["answer"], body["start"]) == (span.answer, span.start) for body, span in found)
    return same / len(found) if found else float("nan")


def configured(changes: Sequence[str]) -> dict[str, Any]:
    """`model-config.yaml` with changes such as `handler.dtype=bfloat16`."""
    config: dict[str, Any] = yaml.safe_load(MODEL_CONFIG.read_text("utf-8"))
    for change in changes:
        path, _, value = change.partition("=")
        *above, name = path.split(".")
        section = config
        for key in above:
            section = section[key]
        section[name] = yaml.safe_load(value)
    return config


def measure_loads(url: str, pairs: list[Pair], bare: Bare, saturation: float, seconds: float) -> list[dict[str, Any]]:
    rows = []
    for number, share in enumerate(LOADS):
        due = arrivals(share * saturation, seconds, seed=number)
        asked = take(pairs, len(due), seed=number)
        samples = asyncio.run(open_load(url, [pair.body() for pair in asked], due))
        row = {"load": share, **asdict(summarise(samples, seconds)), "same": same_answers(samples, asked, bare)}
        print(row, flush=True)
        rows.append(row)
    return rows


def measure_recovery(url: str, pairs: list[Pair], saturation: float, seconds: float) -> dict[str, float]:
    """Half of saturation, then twice, then half: seconds from the end of the burst until latencies are as before."""
    calm, burst = seconds / 2, min(5.0, seconds / 4)
    due = arrivals(saturation / 2, calm, 1)
    due += [calm + moment for moment in arrivals(2 * saturation, burst, 2)]
    end = calm + burst
    due += [end + moment for moment in arrivals(saturation / 2, 2 * seconds, 3)]
    samples = asyncio.run(open_load(url, [pair.body() for pair in take(pairs, len(due), 1)], due))
    before = sorted(sample.latency for sample in samples if sample.due < calm)
    usual = before[int(0.95 * len(before))]
    slow = [sample.due - end for sample in samples if sample.due >= end and sample.latency > usual]
    # As before: from then on no more than one in twenty is slower than the p95 of before.
    after = [sample for sample in samples if sample.due >= end]
    recovered = next(
        (
            at
            for at in (0.25 * step for step in range(int(8 * seconds)))
            if sum(moment >= at for moment in slow) <= 0.05 * sum(sample.due - end >= at for sample in after)
        ),
        float("inf"),
    )
    return {"burst_seconds": burst, "recovered_seconds": recovered, "failed": sum(s.status != 200 for s in samples)}


def measure_neighbour(url: str, pairs: list[Pair], saturation: float, seconds: float) -> dict[str, Any]:
    """A tenth of saturation in short requests, without and with a caller who keeps asking about a long text."""
    long = Pair(pairs[0].question, "".join(pair.context for pair in pairs * 20)[:LONG_CHARACTERS])

    async def load(with_neighbour: bool) -> Summary:
        due = arrivals(saturation / 10, seconds, seed=9)
        bodies = [pair.body() for pair in take(pairs, len(due), seed=9)]
        short = asyncio.create_task(open_load(url, bodies, due))
        while with_neighbour and not short.done():
            await closed_load(url, [long.body()], 1)
        return summarise(await short, seconds)

    without, beside = asyncio.run(load(False)), asyncio.run(load(True))
    return {"without": asdict(without), "beside": asdict(beside), "p99_ratio": beside.p99 / without.p99}


def stages(instance: Instance) -> dict[str, float]:
    """Sums of what the server has measured so far: seconds in each stage and in the queue, batches, requests."""
    text = requests.get(f"{instance.properties['metrics_address']}/metrics", timeout=30).text
    names = {
        **{f"{stage}_seconds": rf'luke_qa_stage_seconds_sum\{{Stage="{stage}"' for stage in STAGES},
        "batches": r'luke_qa_stage_seconds_count\{Stage="inference"',
        "queue_microseconds": r"ts_queue_latency_microseconds\{",
        "requests": r"ts_inference_requests_total\{",
    }
    return {
        name: sum(float(value) for value in re.findall(rf"^{pattern}[^}}]*\}} (\S+)", text, re.MULTILINE))
        for name, pattern in names.items()
    }


def memory(instance: Instance) -> list[float]:
    """Megabytes of each worker: what it shares with others counts in parts (PSS)."""
    process = instance.process()
    assert process is not None
    return [child.memory_full_info().pss / 1e6 for child in process.children() if "python" in child.name()]


def serve(instance: Instance, archive: Path, pair: Pair) -> str:
    """Start the server and wait for its first answer; the address that predicts."""
    start(instance, archive, instance.home / "logs")
    url = f"{instance.inference_url}/predictions/{MODEL_NAME}"
    requests.post(url, data=pair.body(), headers={"Content-Type": "application/json"}, timeout=60).raise_for_status()
    return url


def measure(
    instance: Instance, archive: Path, config: dict[str, Any], pairs: list[Pair], seconds: float
) -> dict[str, Any]:
    """Everything; the server runs when this returns."""
    service = open_service(archive, instance.home / "unpacked", config)
    bare = measure_bare(service, pairs, int(config["batchSize"]), seconds)
    report: dict[str, Any] = {"engine": service.engine.model.describe(), "bare_per_second": bare.per_second}
    began = time.perf_counter()
    url = serve(instance, archive, pairs[0])
    report["start_to_first_answer_seconds"] = time.perf_counter() - began
    bodies = [pair.body() for pair in pairs]
    alone, _ = asyncio.run(closed_load(url, bodies[:40], 1))
    report["alone"] = {"p50_over_bare_ms": 1000 * (statistics.median(s.latency for s in alone) - bare.alone)}
    count = max(CALLERS * 4, int(bare.per_second * seconds))
    asked, before = take(pairs, count, seed=0), stages(instance)
    samples, taken = asyncio.run(closed_load(url, [pair.body() for pair in asked], CALLERS))
    saturation = count / taken
    report["saturation"] = {
        **asdict(summarise(samples, taken)),
        "of_bare": saturation / bare.per_second,
        "same": same_answers(samples, asked, bare),
        "stages": {name: value - before[name] for name, value in stages(instance).items()},
    }
    print(report, flush=True)
    report["loads"] = measure_loads(url, pairs, bare, saturation, seconds)
    report["recovery"] = measure_recovery(url, pairs, saturation, seconds)
    report["neighbour"] = measure_neighbour(url, pairs, saturation, seconds)
    report["worker_megabytes"] = memory(instance)
    print({name: report[name] for name in ("recovery", "neighbour", "worker_megabytes")}, flush=True)
    return report


def command(description: str | None, measure: Measure) -> int:
    """A command of this description: read the arguments, build the archive, measure, stop the server, report."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/embedded"))
    parser.add_argument("--engine", type=EngineName, choices=list(EngineName)[1:], default=EngineName.TORCH)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="of model-config.yaml")
    parser.add_argument("--requests", type=int, default=200, help="different ones")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each load")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    config = configured(arguments.set)
    pairs = draw_pairs(arguments.requests, Tokenizer.from_file(open_checkpoint(arguments.checkpoint).tokenizer_file), 1)
    with tempfile.TemporaryDirectory() as scratch:
        home, archive = Path(scratch) / "home", Path(scratch) / "store" / f"{MODEL_NAME}.mar"
        file = Path(scratch) / "model-config.yaml"
        file.write_text(yaml.safe_dump(config), "utf-8")
        build_archive(arguments.checkpoint, None, archive, arguments.engine, model_config=file)
        instance = make_instance(home, free_ports())
        try:
            report = measure(instance, archive, config, pairs, arguments.seconds)
        finally:
            stop(instance)
    if arguments.output:
        report["name"] = ", ".join((arguments.checkpoint.name, arguments.engine, *arguments.set))
        arguments.output.write_text(json.dumps(report, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(command(__doc__, measure))
