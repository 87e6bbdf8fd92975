"""MLPerf's LoadGen against the server, over HTTP.

    python -m bench.loadgen [--checkpoint checkpoints/embedded] [--backend openvino] [--set handler.dtype=bfloat16] \
        [--seconds 20] [--output report.json]

One run has three scenarios: SingleStream, one question after another; Offline, all at once; and Server, at the times of
a Poisson process. For Server, bisection finds the highest rate at which 99 % of the questions are answered within 5
times, and within 10 times, SingleStream's median. A rate at which any question fails does not count.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlperf_loadgen as lg

from bench.load import ask, closed_load, open_session
from bench.setting import CALLERS, command, serve
from bench.texts import Pair
from ops.instance import Instance

BOUNDS = (5.0, 10.0)  # for the p99, as multiples of SingleStream's median
LOWEST, STEPS = 0.1, 6  # of the bisection, which is exact to 1.4 % of Offline's rate
_MARK = ":::MLLOG "
_RATES = {
    "SingleStream": "result_qps_with_loadgen_overhead",
    "Offline": "result_samples_per_second",
    "Server": "result_completed_samples_per_sec",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of LoadGen's scenarios.

    Attributes:
        seconds: the least duration.
        rate: questions per second, to send (Server) or to expect (Offline).
        limit: maximum for Server's p99, in ms.
        at_once: questions in flight; the others wait in this process, not in the server's queue.
    """

    name: str
    seconds: float
    rate: float = 1.0
    limit: float = 1.0
    at_once: int = sys.maxsize

    def settings(self) -> Any:
        settings = lg.TestSettings()
        settings.scenario = getattr(lg.TestScenario, self.name)
        settings.mode = lg.TestMode.PerformanceOnly
        settings.min_duration_ms = int(1000 * self.seconds)
        settings.offline_expected_qps = settings.server_target_qps = self.rate
        settings.server_target_latency_ns = int(1e6 * self.limit)
        return settings


@dataclass(frozen=True, slots=True)
class Run:
    """What LoadGen measured, latencies in ms; ``valid`` by LoadGen's own rules, which require many samples."""

    samples: int
    failed: int
    per_second: float
    p50: float
    p99: float
    valid: bool


def read_run(log: str, scenario: str, statuses: Sequence[int]) -> Run:
    """Read a run from LoadGen's detailed log and the status of every reply."""
    entries = (json.loads(line.removeprefix(_MARK)) for line in log.splitlines() if line.startswith(_MARK))
    found = {entry["key"]: entry["value"] for entry in entries}
    return Run(
        samples=len(statuses),
        failed=sum(status != 200 for status in statuses),
        per_second=found[_RATES[scenario]],
        p50=found["result_50.00_percentile_latency_ns"] / 1e6,
        p99=found["result_99.00_percentile_latency_ns"] / 1e6,
        valid=found["result_validity"] == "VALID",
    )


def highest(meets: Callable[[float], bool], low: float = LOWEST, high: float = 1.0, steps: int = STEPS) -> float | None:
    """The highest share that meets a bound, by bisection; None if none was found."""
    found = None
    for _ in range(steps):
        middle = (low + high) / 2
        if meets(middle):
            found = low = middle
        else:
            high = middle
    return found


async def play(url: str, bodies: Sequence[bytes], scenario: Scenario) -> Run:
    """Run a scenario. LoadGen has its own thread and issues questions to this event loop, so issuing never blocks."""
    loop, statuses, issued = asyncio.get_running_loop(), list[int](), list[Future[None]]()
    free = asyncio.Semaphore(scenario.at_once)
    async with open_session() as session:

        async def answer(sample: int, index: int) -> None:
            status = 0
            try:
                async with free:
                    status, _ = await ask(session, url, bodies[index])
            finally:  # after a failure as well: LoadGen waits for every sample
                statuses.append(status)
                lg.QuerySamplesComplete([lg.QuerySampleResponse(sample, 0, 0)])

        async def answer_all(samples: Sequence[tuple[int, int]]) -> None:
            await asyncio.gather(*(answer(*sample) for sample in samples))

        def issue(samples: Sequence[Any]) -> None:
            # Copied: LoadGen owns the samples.
            copies = [(sample.id, sample.index) for sample in samples]
            issued.append(asyncio.run_coroutine_threadsafe(answer_all(copies), loop))

        log = await asyncio.to_thread(_start_test, issue, len(bodies), scenario.settings())
        await asyncio.gather(*map(asyncio.wrap_future, issued))
    return read_run(log, scenario.name, statuses)


def _start_test(issue: Callable[[Sequence[Any]], None], count: int, settings: Any) -> str:
    """Run LoadGen; return its detailed log."""
    sut = lg.ConstructSUT(issue, lambda: None)
    library = lg.ConstructQSL(count, count, lambda samples: None, lambda samples: None)
    with tempfile.TemporaryDirectory() as logs:
        log_settings = lg.LogSettings()
        log_settings.log_output.outdir = logs
        log_settings.enable_trace = False
        try:
            lg.StartTestWithLogSettings(sut, library, settings, log_settings)
        finally:
            lg.DestroyQSL(library)
            lg.DestroySUT(sut)
        return (Path(logs) / "mlperf_log_detail.txt").read_text("utf-8", "replace")


def measure_server(play_at: Callable[[float, float], Run], alone: Run, offline: Run, bound: float) -> dict[str, Any]:
    """The highest rate, as a share of Offline's, with a p99 within ``bound`` times the median of a single client."""
    limit, runs = bound * alone.p50, list[dict[str, Any]]()

    def meets(share: float) -> bool:
        run = play_at(share * offline.per_second, limit)
        met = run.failed == 0 and run.p99 <= limit
        runs.append({"share": share, "met": met, **asdict(run)})
        print(bound, runs[-1], flush=True)
        return met

    return {"bound": bound, "share": highest(meets), "runs": runs}


def measure(
    instance: Instance, archive: Path, config: dict[str, Any], pairs: list[Pair], seconds: float
) -> dict[str, Any]:
    """Run every scenario. The server is still running when this returns."""
    url, bodies = serve(instance, archive, pairs[0]), [pair.body() for pair in pairs]
    _, taken = asyncio.run(closed_load(url, bodies, CALLERS))  # warms up, and gives the rate to expect

    def run(scenario: Scenario) -> Run:
        return asyncio.run(play(url, bodies, scenario))

    alone = run(Scenario("SingleStream", seconds))
    print(alone, flush=True)
    # A fifth above the expected rate, or a faster server would finish too soon; no more in flight than its queue holds.
    offline = run(Scenario("Offline", seconds, 1.2 * len(bodies) / taken, at_once=CALLERS))
    print(offline, flush=True)
    return {
        "loadgen": version("mlcommons-loadgen"),
        "single_stream": asdict(alone),
        "offline": asdict(offline),
        "server": [
            measure_server(lambda rate, limit: run(Scenario("Server", seconds, rate, limit)), alone, offline, bound)
            for bound in BOUNDS
        ],
    }


if __name__ == "__main__":
    sys.exit(command(__doc__, measure))
