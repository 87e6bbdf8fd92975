"""The server under load, compared with the bare engine.

    python -m bench.served [--checkpoint checkpoints/embedded] [--backend openvino] [--set handler.dtype=bfloat16] \
        [--seconds 20] [--output report.json]

One run measures, on the same requests:

- taking turns: the bare engine (in as many processes and threads as the server, and in one process on all cores), a
  single client, and saturation (64 clients);
- open loads from 10 to 120 % of saturation;
- the time to recover from a burst at twice the saturation rate;
- short requests while one caller keeps asking about 20,000 characters.

Every answer is compared with the bare engine's.
"""

import asyncio
import json
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.bare import ALONE, Bare, Layout, measure_bare, unpack
from bench.load import Sample, Summary, arrivals, closed_load, open_load, summarise
from bench.setting import CALLERS, command, layout, memory, serve, stages
from bench.texts import Pair, take
from ops.instance import Instance

LOADS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.2)
LONG_CHARACTERS = 20_000
TURNS = 3


def same_answers(samples: Sequence[Sample], pairs: Sequence[Pair], bare: Bare) -> float:
    """The share of answered requests with the same answer as the bare engine: text and offset."""
    found = [(json.loads(s.body), bare.answers[p]) for s, p in zip(samples, pairs, strict=True) if s.status == 200]
    same = sum((body["answer"], body["start"]) == (span.answer, span.start) for body, span in found)
    return same / len(found) if found else float("nan")


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
    """Load at half, twice and half the saturation rate; seconds from the burst's end until latencies recover."""
    calm, burst = seconds / 2, min(5.0, seconds / 4)
    due = arrivals(saturation / 2, calm, 1)
    due += [calm + moment for moment in arrivals(2 * saturation, burst, 2)]
    end = calm + burst
    due += [end + moment for moment in arrivals(saturation / 2, 2 * seconds, 3)]
    samples = asyncio.run(open_load(url, [pair.body() for pair in take(pairs, len(due), 1)], due))
    before = sorted(sample.latency for sample in samples if sample.due < calm)
    usual = before[int(0.95 * len(before))]
    slow = [sample.due - end for sample in samples if sample.due >= end and sample.latency > usual]
    # Recovered: from then on, at most one request in twenty is slower than the p95 before the burst.
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
    """Short requests at a tenth of the saturation rate, without and with a client that asks about a long text."""
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


def measure_saturation(url: str, pairs: list[Pair], bare: Bare, seconds: float) -> dict[str, Any]:
    """Load from 64 callers, with as many requests as the bare engine answers in ``seconds``."""
    asked = take(pairs, max(CALLERS * 4, int(bare.per_second * seconds)), seed=0)
    samples, taken = asyncio.run(closed_load(url, [pair.body() for pair in asked], CALLERS))
    return {**asdict(summarise(samples, taken)), "same": same_answers(samples, asked, bare)}


def measure_turn(
    instance: Instance, url: str, directory: Path, config: dict[str, Any], pairs: list[Pair], seconds: float
) -> tuple[Bare, dict[str, Any]]:
    """Measure the bare engine, then the server."""
    bare = measure_bare(directory, config, pairs, seconds, layout(config))
    one = measure_bare(directory, config, pairs, seconds, Layout(1, len(os.sched_getaffinity(0))))
    for _ in range(2):  # the second time counts, when it has seen the texts, as the bare engine has
        samples, _ = asyncio.run(closed_load(url, [pair.body() for pair in pairs[:ALONE]], 1))
    alone = statistics.median(sample.latency for sample in samples)
    before = stages(instance)
    saturation = measure_saturation(url, pairs, bare, seconds)
    turn = {
        "saturation": saturation,
        "stages": {name: value - before[name] for name, value in stages(instance).items()},
        "of_bare": saturation["goodput"] / bare.per_second,
        "of_bare_in_one_process": saturation["goodput"] / one.per_second,
        "alone_over_bare_ms": 1000 * (alone - bare.alone),
        "alone_over_bare_in_one_process_ms": 1000 * (alone - one.alone),
        "bare_alone_ms": 1000 * bare.alone,
    }
    print(turn, flush=True)
    return bare, turn


def measure(
    instance: Instance, archive: Path, config: dict[str, Any], pairs: list[Pair], seconds: float
) -> dict[str, Any]:
    """Measure everything. The server is still running when this returns."""
    directory, url = unpack(archive, instance.home / "unpacked"), serve(instance, archive, pairs[0])
    turns = [measure_turn(instance, url, directory, config, pairs, seconds) for _ in range(TURNS)]
    bare = turns[-1][0]
    saturation = statistics.median(turn["saturation"]["goodput"] for _, turn in turns)
    return {
        "described": bare.described,
        "layout": asdict(layout(config)),
        "turns": [turn for _, turn in turns],
        "loads": measure_loads(url, pairs, bare, saturation, seconds),
        "recovery": measure_recovery(url, pairs, saturation, seconds),
        "neighbour": measure_neighbour(url, pairs, saturation, seconds),
        "worker_megabytes": memory(instance),
    }


if __name__ == "__main__":
    sys.exit(command(__doc__, measure))
