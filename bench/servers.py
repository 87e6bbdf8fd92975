r"""TorchServe, Triton and KServe beside each other: one archive, the same cores, the same load, in turn.

    python -m bench.servers [--servers torchserve triton kserve] [--turns 3] [--seconds 20] \
        [--output bench/results/DATE/servers.md]

In each turn, each server is started, measured and stopped: the start to the first answer; a lone caller over HTTP, and
saturation (64 callers), both compared with the bare engine in as many processes, measured in the same turn; p99 at 70
and 90 % of its own saturation; memory; how many of 200 callers' questions it goes on to compute when they have left,
over HTTP and gRPC; and the time from `kill -9` of the process that takes requests to the next answer. Every answer is
compared with the bare engine's. The output is Markdown; JSON with the same name is written beside it.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from bench.bare import ALONE, Bare, measure_bare
from bench.load import Sample, arrivals, closed_load, open_load, summarise
from bench.output import origin
from bench.running import SERVERS, Running, read_config, running, seconds_until
from bench.setting import CALLERS, configured, layout
from bench.texts import Pair, draw_pairs, take
from luke_qa.checkpoint import open_checkpoint
from luke_qa.tokenizer import Tokenizer
from luke_qa_client import AsyncLukeQAClient, LukeQAError
from ops.archive import build_archive
from ops.errors import OpsError
from ops.layout import MODEL_NAME

LOADS = (0.7, 0.9)
LEAVING = 200
SETTLED = 3.0  # seconds without another answer, after which nothing is computed any more


@dataclass(frozen=True, slots=True)
class Measured:
    """One server in one turn.

    Attributes:
        start_seconds: from the start command to the first answer.
        of_bare: answers a second with 64 callers, relative to the bare engine's.
        alone_over_bare_ms: the median of a lone caller, less the bare engine's.
        p99_ms: at 70 and 90 % of its own saturation, from the scheduled arrival.
        failed: requests without an answer under these loads.
        same: the share of answers that are those of the bare engine.
        computed_for_nobody: answers to the 200 callers after they had left, by protocol.
        recovery_seconds: from ``kill -9`` to the next answer; None if nothing starts it again.
    """

    server: str
    start_seconds: float
    per_second: float
    of_bare: float
    alone_ms: float
    alone_over_bare_ms: float
    p99_ms: tuple[float, ...]
    failed: int
    same: float
    megabytes: float
    computed_for_nobody: dict[str, float]
    recovery_seconds: float | None


def same(server: Running, samples: Sequence[Sample], pairs: Sequence[Pair], bare: Bare) -> list[bool]:
    """Whether each answer is that of the bare engine: text and offset."""
    found = [
        (server.read(sample.body), bare.answers[pair])
        for sample, pair in zip(samples, pairs, strict=True)
        if sample.status == 200
    ]
    return [answer == (span.answer, span.start) for answer, span in found]


async def leave(address: str, pairs: Sequence[Pair]) -> None:
    """200 callers ask, and leave after half a second."""
    async with AsyncLukeQAClient(address) as client:

        async def ask(pair: Pair) -> None:
            with suppress(LukeQAError):  # refused: it asks no more either
                await client.ask(pair.question, pair.context)

        asked = [asyncio.ensure_future(ask(pair)) for pair in pairs]
        await asyncio.sleep(0.5)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.sleep(0.2)  # gRPC still delivers the cancellations to this loop


def measure_abandoned(server: Running, address: str, pairs: list[Pair]) -> float:
    """The answers that are computed after 200 callers have left."""
    asyncio.run(leave(address, take(pairs, LEAVING, seed=5)))
    left = last = server.computed()
    settled = time.monotonic()
    while time.monotonic() - settled < SETTLED:
        time.sleep(0.2)
        if (now := server.computed()) != last:
            last, settled = now, time.monotonic()
    return last - left


def measure_recovery(server: Running, pair: Pair) -> float | None:
    """The seconds from ``kill -9`` of the process that takes requests to the next answer."""
    if not server.is_supervised:
        return None
    killed = server.front().pid
    began = time.monotonic()
    os.kill(killed, signal.SIGKILL)
    return seconds_until(lambda: server.answers(pair), began)


def measure(server: Running, pairs: list[Pair], bare: Bare, seconds: float) -> Measured:
    """Measure a server, from its start to its end."""
    began = time.monotonic()
    with running(server):
        start = seconds_until(lambda: server.answers(pairs[0]), began)
        for _ in range(2):  # the second time counts, when it has seen the texts, as the bare engine has
            lone, _ = asyncio.run(closed_load(server.url, [server.body(pair) for pair in pairs[:ALONE]], 1))
        alone = statistics.median(sample.latency for sample in lone)
        asked = take(pairs, max(CALLERS * 4, int(bare.per_second * seconds)), seed=0)
        samples, taken = asyncio.run(closed_load(server.url, [server.body(pair) for pair in asked], CALLERS))
        saturated = summarise(samples, taken)
        equal, failed, p99 = same(server, samples, asked, bare), saturated.failed, list[float]()
        for number, share in enumerate(LOADS):
            due = arrivals(share * saturated.goodput, seconds, seed=number)
            asked = take(pairs, len(due), seed=number)
            samples = asyncio.run(open_load(server.url, [server.body(pair) for pair in asked], due))
            summary = summarise(samples, seconds)
            p99.append(summary.p99)
            failed += summary.failed
            equal += same(server, samples, asked, bare)
        megabytes = server.megabytes()
        nobody = {name: measure_abandoned(server, url, pairs) for name, url in server.addresses.items()}
        return Measured(
            server.name,
            start,
            saturated.goodput,
            saturated.goodput / bare.per_second,
            1000 * alone,
            1000 * (alone - bare.alone),
            tuple(p99),
            failed,
            sum(equal) / len(equal) if equal else float("nan"),
            megabytes,
            nobody,
            measure_recovery(server, pairs[0]),
        )


def measure_turns(
    names: list[str], archive: Path, pairs: list[Pair], turns: int, seconds: float, scratch: Path
) -> Iterator[Measured]:
    """Measure the servers in turn."""
    directory, config = read_config(archive, scratch / "unpacked")
    for turn in range(turns):
        bare = measure_bare(directory, config, pairs, seconds, layout(config))
        # The order changes: what else the machine does meets all of them.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            server = SERVERS[name](archive, scratch / f"{name}-{turn}")
            yield measure(server, pairs, bare, seconds)


def render(about: dict[str, Any], measured: Sequence[Measured]) -> str:
    """Return the page: medians over the turns, and their spread."""
    machine = about["machine"]
    head = (
        "server",
        "of the bare engine",
        "spread",
        "lone p50 over bare, ms",
        *(f"p99 at {share:.0%}, ms" for share in LOADS),
        "failed",
        "same answers",
        "MB",
        "start, s",
        "after kill -9, s",
        "for nobody: HTTP / gRPC",
    )
    lines = [
        "# Servers beside each other",
        "",
        f"{about['date']}, `{about['command']}`, {machine['cores']} cores of {machine['processor']}. "
        "Medians over the turns; spread: (best - worst) / median of the first figure.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
    ]
    for name in dict.fromkeys(each.server for each in measured):
        turns = [each for each in measured if each.server == name]
        shares = [each.of_bare for each in turns]
        recoveries = [each.recovery_seconds for each in turns if each.recovery_seconds is not None]
        cells = (
            name,
            f"{statistics.median(shares):.2f}",
            f"{(max(shares) - min(shares)) / statistics.median(shares):.2f}",
            f"{statistics.median(each.alone_over_bare_ms for each in turns):.2f}",
            *(f"{statistics.median(each.p99_ms[number] for each in turns):.0f}" for number in range(len(LOADS))),
            str(sum(each.failed for each in turns)),
            f"{min(each.same for each in turns):.1%}",
            f"{statistics.median(each.megabytes for each in turns):.0f}",
            f"{statistics.median(each.start_seconds for each in turns):.1f}",
            f"{statistics.median(recoveries):.1f}" if recoveries else "",
            " / ".join(
                f"{statistics.median(each.computed_for_nobody[p] for each in turns):.0f}" for p in ("http", "grpc")
            ),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.servers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--servers", nargs="+", choices=list(SERVERS), default=["torchserve", "triton"])
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/embedded"))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change model-config.yaml")
    parser.add_argument("--requests", type=int, default=200, help="distinct requests")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of each load")
    parser.add_argument("--output", type=Path, help="the table as Markdown")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers are stopped on SIGTERM as well
    torch.set_num_threads(1)
    pairs = draw_pairs(given.requests, Tokenizer.from_file(open_checkpoint(given.checkpoint).tokenizer_file), 1)
    measured, about = list[Measured](), origin()
    with tempfile.TemporaryDirectory(prefix="servers-") as directory:
        scratch = Path(directory)
        archive = scratch / "store" / f"{MODEL_NAME}.mar"
        build_archive(given.checkpoint, None, archive, model_config=configured(given.set))
        try:
            for each in measure_turns(given.servers, archive, pairs, given.turns, given.seconds, scratch):
                measured.append(each)
                print(each, flush=True)
        except OpsError as error:
            print(error, file=sys.stderr)
            return 1
    page = render(about, measured)
    print(page)
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(page, "utf-8")
        report = {**about, "measured": [asdict(each) for each in measured]}
        given.output.with_suffix(".json").write_text(json.dumps(report, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
