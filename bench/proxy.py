"""What HAProxy in front of the server costs, and what it keeps large requests from doing to small ones.

    python -m bench.proxy [--checkpoint checkpoints/embedded] [--set minWorkers=2 --set maxWorkers=2] [--seconds 20] \
        [--output report.json]

In one run, on the same requests, direct and through the proxy in turn: a lone caller, request by request; 16 callers;
eight callers with contexts of 10,000 characters. Then a fifth of saturation in short requests, without and beside eight
callers with such contexts, four of whom leave at once, over and over.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests

from bench.load import Sample, arrivals, ask, closed_load, open_load, open_session, summarise
from bench.setting import command, layout, serve
from bench.texts import Pair, take
from deploy.haproxy.render import render
from deploy.proxy import Proxy, Server
from ops.instance import Instance, free_ports
from ops.layout import MODEL_NAME

ALONE = 400  # requests of the lone caller, each way
CALLERS = 16
LARGE_CALLERS = 8
LEAVING = 4
LONG_CHARACTERS = 10_000
TURNS = 15  # short ones, so that what else the machine does meets both ways


class AlwaysReady(BaseHTTPRequestHandler):
    """The control address of a server that is ready."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def haproxy(instances: Sequence[Instance], workers: int) -> Iterator[tuple[str, psutil.Process]]:
    """HAProxy in front of servers of so many workers each: the address that predicts, and the process."""
    addresses = [urlsplit(address).netloc for name, address in free_ports().items() if name.endswith("address")]
    with ThreadingHTTPServer(("127.0.0.1", 0), AlwaysReady) as control, tempfile.TemporaryDirectory() as run:
        Thread(target=control.serve_forever, daemon=True).start()
        servers = tuple(
            Server(
                f"server-{number}",
                http=urlsplit(instance.inference_url).port or 80,
                grpc=int(instance.properties["grpc_inference_port"]),
                control=control.server_port,
                workers=workers,
            )
            for number, instance in enumerate(instances)
        )
        http_address, grpc_address, exporter = addresses[:3]
        directory = Path(run)
        proxy = Proxy(servers, http_address, grpc_address, exporter, configuration=directory, run=directory)
        for name, text in render(proxy).items():
            (directory / name).write_text(text, "utf-8")
        process = subprocess.Popen(
            ["haproxy", "-W", "-f", str(directory / "haproxy.cfg")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_ready(f"http://{http_address}/ready")
            yield f"http://{http_address}/predictions/{MODEL_NAME}", psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()
            control.shutdown()


def _wait_until_ready(url: str) -> None:
    ends = time.monotonic() + 120
    while True:
        try:
            requests.get(url, timeout=5).raise_for_status()
            return
        except requests.RequestException:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)


async def measure_alone(direct: str, proxied: str, bodies: Sequence[bytes]) -> dict[str, float]:
    """The latencies of one caller, in milliseconds; the two ways take turns, request by request."""
    taken: dict[str, list[float]] = {direct: [], proxied: []}
    async with open_session() as session:
        for number, body in enumerate(bodies):
            for url in (direct, proxied) if number % 2 else (proxied, direct):
                began = time.perf_counter()
                status, _ = await ask(session, url, body)
                taken[url].append(1000 * (time.perf_counter() - began))
                assert status == 200
    differences = [after - before for before, after in zip(taken[direct], taken[proxied], strict=True)]
    return {
        "direct_p50": statistics.median(taken[direct]),
        "proxied_p50": statistics.median(taken[proxied]),
        "p50_of_the_difference": statistics.median(differences),
    }


def measure_throughput(
    direct: str, proxied: str, bodies: Sequence[bytes], callers: int, turns: int = TURNS
) -> dict[str, Any]:
    """Answers a second through the proxy over those without it, turn by turn."""
    ratios = list[float]()
    for turn in range(-1, turns):  # the first only warms up
        rates = {}
        for url in (direct, proxied) if turn % 2 else (proxied, direct):
            samples, seconds = asyncio.run(closed_load(url, bodies, callers))
            assert all(sample.status == 200 for sample in samples)
            rates[url] = len(samples) / seconds
        if turn >= 0:
            ratios.append(rates[proxied] / rates[direct])
        print({"callers": callers, "turn": turn, "direct": rates[direct], "proxied": rates[proxied]}, flush=True)
    return {"ratios": ratios, "ratio": statistics.median(ratios)}


def measure_processor(instance: Instance, proxied: str, bodies: Sequence[bytes], proxy: psutil.Process) -> float:
    """The proxy's share of the processor time that it and the server take: what it costs where every core is busy."""

    def seconds(process: psutil.Process) -> float:
        times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
        return sum(each.user + each.system for each in times)

    server = instance.process()
    assert server is not None
    before = seconds(proxy), seconds(server)
    asyncio.run(closed_load(proxied, bodies, CALLERS))
    of_proxy, of_server = seconds(proxy) - before[0], seconds(server) - before[1]
    return of_proxy / (of_proxy + of_server)


@asynccontextmanager
async def large_callers(url: str, body: bytes) -> AsyncIterator[None]:
    """Meanwhile eight callers ask; four leave at once, four wait; when those are answered, it begins again."""

    async def rounds() -> None:
        async with open_session() as session:
            while True:
                asked = [asyncio.create_task(ask(session, url, body)) for _ in range(LARGE_CALLERS)]
                await asyncio.sleep(0.1)
                for task in asked[:LEAVING]:
                    task.cancel()
                await asyncio.gather(*asked, return_exceptions=True)

    task = asyncio.create_task(rounds())
    await asyncio.sleep(0.5)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def measure_neighbours(url: str, pairs: list[Pair], large: bytes, rate: float, seconds: float) -> dict[str, Any]:
    """Short requests at this rate, without and beside large ones, in turn."""

    async def load(beside: bool, turn: int) -> list[Sample]:
        due = arrivals(rate, seconds, seed=turn)
        bodies = [pair.body() for pair in take(pairs, len(due), seed=turn)]
        if not beside:
            return await open_load(url, bodies, due)
        async with large_callers(url, large):
            return await open_load(url, bodies, due)

    samples: dict[bool, list[Sample]] = {False: [], True: []}
    for turn in range(3):
        for beside in (False, True):
            samples[beside] += asyncio.run(load(beside, turn))
            time.sleep(2 * beside)  # until what was left behind is computed
    print(url, {beside: asdict(summarise(each, 3 * seconds)) for beside, each in samples.items()}, flush=True)
    without, beside_large = (summarise(samples[beside], 3 * seconds) for beside in (False, True))
    return {
        "without": asdict(without),
        "beside": asdict(beside_large),
        "p99_ratio": beside_large.p99 / without.p99,
    }


def measure(
    instance: Instance, archive: Path, config: dict[str, Any], pairs: list[Pair], seconds: float
) -> dict[str, Any]:
    """Everything; the server runs when this returns."""
    direct = serve(instance, archive, pairs[0])
    large = Pair(pairs[0].question, "".join(pair.context for pair in pairs * 20)[:LONG_CHARACTERS]).body()
    workers = layout(config).processes
    with haproxy([instance], workers) as (proxied, process):
        bodies = [pair.body() for pair in take(pairs, ALONE, seed=1)]
        alone = asyncio.run(measure_alone(direct, proxied, bodies))
        print(alone, flush=True)
        samples, taken = asyncio.run(closed_load(direct, bodies, CALLERS))
        rate = len(samples) / taken
        rate = len(samples) / taken
        small = measure_throughput(direct, proxied, (bodies * 20)[: int(rate * seconds / 3)], CALLERS)
        report = {
            "workers": workers,
            "alone_ms": alone,
            "throughput": small,
            "share_of_processor_time": measure_processor(instance, proxied, bodies, process),
            "neighbours": measure_neighbours(proxied, pairs, large, rate / 5, seconds),
            "neighbours_direct": measure_neighbours(direct, pairs, large, rate / 5, seconds),
            "throughput_large": measure_throughput(direct, proxied, [large] * LARGE_CALLERS, LARGE_CALLERS, turns=3),
        }
    print(report, flush=True)
    return report


if __name__ == "__main__":
    sys.exit(command(__doc__, measure))
