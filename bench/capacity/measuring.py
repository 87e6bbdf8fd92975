"""Service times of the engine, and what one server and two do at given loads beside what is simulated."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

from bench.bare import open_service, respond
from bench.capacity.simulation import System, simulate
from bench.capacity.times import Floats, ServiceTimes, fit_times, write_times
from bench.load import Sample, arrivals, closed_load, open_load
from bench.output import machine, save
from bench.proxy import haproxy
from bench.setting import CALLERS, configured, serve
from bench.texts import Pair, draw_pairs, take
from deploy.proxy import Proxy
from luke_qa.checkpoint import open_checkpoint
from luke_qa.jobs import Computed
from luke_qa.tokenizer import Tokenizer
from luke_qa.windows import SPECIAL_TOKENS
from ops.archive import build_archive
from ops.instance import free_ports
from ops.layout import MODEL_NAME
from ops.server import make_instance, stop

QUANTILES = (0.5, 0.95, 0.99)
WARM_UP = 5  # questions


def measure(given: argparse.Namespace) -> int:
    """Measure one worker of one thread; write its service times to ``given.output``."""
    pairs = draw_pairs(given.requests, _tokenizer(given.checkpoint), 1)
    service = open_service(given.checkpoint, {}, threads=1)
    engine = service.engine.model.describe()
    on_gpu = engine["device"].startswith("cuda")
    clock = time.perf_counter if on_gpu else time.process_time  # others may keep the cores busy
    tokens, seconds = list[int](), list[float]()
    for number, pair in enumerate([*pairs[:WARM_UP], *pairs]):
        began = clock()
        (result,) = respond(service, [pair])
        taken = clock() - began
        assert isinstance(result, Computed), result
        if number >= WARM_UP:
            tokens.append(result.job.prepared.tokens)
            seconds.append(taken)
    way = "time" if on_gpu else "processor time"
    described = " ".join(engine[name] for name in ("backend", "device", "dtype"))
    where = f"{machine()['processor']}, {date.today().isoformat()}"
    times = fit_times(tokens, seconds, 0.0, f"{given.checkpoint.name}, {described}, one thread, {way}, {where}")
    print(f"{1000 * times.request:.3f} ms a question, {1000 * times.token:.4f} ms a token ({times.source})")
    if given.output:
        write_times(times, given.output)
    return 0


@dataclass(frozen=True, slots=True)
class Compared:
    """One load: quantiles of the times to answer in milliseconds, measured and simulated, and questions that failed."""

    servers: int
    load: float
    questions: int
    failed: int
    measured: tuple[float, ...]
    simulated: tuple[float, ...]

    @property
    def p99_ratio(self) -> float:
        return self.simulated[-1] / self.measured[-1]


def check(given: argparse.Namespace) -> int:
    """Measure one server and two of one worker each behind the proxy; print both p99s; save the report."""
    tokenizer = _tokenizer(given.checkpoint)
    pairs = draw_pairs(given.requests, tokenizer, 1)
    lengths = {pair: _tokens(tokenizer, pair) for pair in pairs}
    config = configured(["minWorkers=1", "maxWorkers=1", "handler.threads=1"])
    rows = list[Compared]()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        archive = Path(scratch) / "store" / f"{MODEL_NAME}.mar"
        build_archive(given.checkpoint, None, archive, model_config=config)
        instances = [make_instance(Path(scratch) / f"home-{number}", free_ports()) for number in range(2)]
        for instance in instances:
            stack.callback(stop, instance)
            serve(instance, archive, pairs[0])
        with haproxy(instances[:1], 1) as (url, _):
            times, saturation = _times_of_a_server(url, pairs, lengths)
        print(f"{saturation:.2f} questions a second at saturation; {_described(times)}", flush=True)
        for servers in (1, 2):
            with haproxy(instances[:servers], 1) as (url, _):
                for seed, share in enumerate(given.loads):
                    due = arrivals(share * saturation * servers, given.seconds, seed)
                    asked = take(pairs, len(due), seed)
                    samples = asyncio.run(open_load(url, [pair.body() for pair in asked], due))
                    tokens = np.array([lengths[pair] for pair in asked], float)
                    rows.append(compare(servers, share, samples, due, tokens, times))
                    print(describe(rows[-1]), flush=True)
    report = {"name": given.checkpoint.name, "saturation": saturation, "times": asdict(times)}
    save({**report, "loads": [{**asdict(row), "p99_ratio": row.p99_ratio} for row in rows]}, given.output)
    return 0


def compare(
    servers: int, share: float, samples: Sequence[Sample], due: Sequence[float], tokens: Floats, times: ServiceTimes
) -> Compared:
    """Simulate the same questions at the same moments, and put both beside each other."""
    work = times.draw(tokens, np.random.default_rng(0))
    simulated = simulate(System(servers, queue=Proxy().queue), due, work.tolist()) + times.outside
    measured = np.array([sample.latency for sample in samples if sample.status == 200] or [np.nan])
    return Compared(
        servers,
        share,
        len(samples),
        sum(sample.status != 200 for sample in samples),
        tuple(1000 * float(value) for value in np.quantile(measured, QUANTILES)),
        tuple(1000 * float(value) for value in np.nanquantile(simulated, QUANTILES)),
    )


def describe(row: Compared) -> str:
    """Return one line about a load."""

    def listed(milliseconds: Sequence[float]) -> str:
        return ", ".join(f"{value:.0f}" for value in milliseconds)

    return (
        f"servers {row.servers}, {row.load:.0%} of saturation, {row.questions} questions, {row.failed} failed; "
        f"p50, p95, p99 in ms: measured {listed(row.measured)}, simulated {listed(row.simulated)}; "
        f"p99 simulated / measured {row.p99_ratio:.2f}"
    )


def _times_of_a_server(url: str, pairs: list[Pair], lengths: dict[Pair, int]) -> tuple[ServiceTimes, float]:
    """Return the times of a server of one worker, and its answers a second at saturation.

    A caller who is alone waits for the worker and for what is around it. At saturation the worker is always busy, so
    the rate says how much of that is the worker's.
    """
    bodies = [pair.body() for pair in pairs]
    asyncio.run(closed_load(url, bodies, CALLERS))  # warms up
    alone, _ = asyncio.run(closed_load(url, bodies, 1))
    crowded, seconds = asyncio.run(closed_load(url, bodies, CALLERS))
    assert all(sample.status == 200 for sample in (*alone, *crowded))
    saturation = len(crowded) / seconds
    waited = np.array([sample.latency for sample in alone])
    outside = max(0.0, float(waited.mean()) - 1 / saturation)
    tokens = [lengths[pair] for pair in pairs]
    return fit_times(tokens, np.maximum(waited - outside, 1e-6).tolist(), outside, "one server, alone"), saturation


def _described(times: ServiceTimes) -> str:
    ms = [1000 * seconds for seconds in (times.request, times.token, times.outside)]
    return f"{ms[0]:.2f} ms a question, {ms[1]:.4f} ms a token, {ms[2]:.2f} ms outside the worker"


def _tokens(tokenizer: Tokenizer, pair: Pair) -> int:
    return len(tokenizer.tokenize(pair.question)) + len(tokenizer.tokenize(pair.context)) + SPECIAL_TOKENS


def _tokenizer(checkpoint: Path) -> Tokenizer:
    return Tokenizer.from_file(open_checkpoint(checkpoint).tokenizer_file)
