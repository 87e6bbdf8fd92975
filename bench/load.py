"""Load generators.

An open load sends requests at the times of a Poisson process; in a closed load, each caller waits for its reply. In an
open load, latency is measured from the scheduled arrival, so a server that falls behind cannot hide it.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
import numpy as np

_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One request: when it was due and its latency, in seconds; the status (0: no reply) and body of its reply."""

    due: float
    latency: float
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Summary:
    """Quantiles of the latencies of answered requests, in milliseconds; ``goodput`` in answers per second."""

    requests: int
    failed: int
    goodput: float
    p50: float
    p95: float
    p99: float
    p999: float


def summarise(samples: Sequence[Sample], seconds: float) -> Summary:
    answered = [1000 * sample.latency for sample in samples if sample.status == 200]
    quantiles = np.quantile(answered or [float("nan")], [0.5, 0.95, 0.99, 0.999])
    return Summary(
        len(samples), len(samples) - len(answered), len(answered) / seconds, *(float(value) for value in quantiles)
    )


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """The arrival times of a Poisson process, in seconds from its start."""
    rng, moments, now = random.Random(seed), list[float](), 0.0
    while (now := now + rng.expovariate(rate)) < seconds:
        moments.append(now)
    return moments


async def open_load(url: str, bodies: Sequence[bytes], due: Sequence[float]) -> list[Sample]:
    """Send each body at its time in ``due`` (seconds)."""
    async with open_session() as session:
        began = time.perf_counter()

        async def one(body: bytes, moment: float) -> Sample:
            await asyncio.sleep(max(0.0, began + moment - time.perf_counter()))
            status, reply = await ask(session, url, body)
            return Sample(moment, time.perf_counter() - began - moment, status, reply)

        return await asyncio.gather(*(one(*pair) for pair in zip(bodies, due, strict=True)))


async def closed_load(url: str, bodies: Sequence[bytes], callers: int) -> tuple[list[Sample], float]:
    """Send the bodies from ``callers`` callers; return the samples in the bodies' order, and the seconds taken."""
    async with open_session() as session:
        waiting, began = iter(enumerate(bodies)), time.perf_counter()
        samples: dict[int, Sample] = {}

        async def caller() -> None:
            for number, body in waiting:
                sent = time.perf_counter()
                status, reply = await ask(session, url, body)
                samples[number] = Sample(sent - began, time.perf_counter() - sent, status, reply)

        await asyncio.gather(*(caller() for _ in range(callers)))
        return [samples[number] for number in sorted(samples)], time.perf_counter() - began


def open_session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=120), headers=_JSON)


async def ask(session: aiohttp.ClientSession, url: str, body: bytes) -> tuple[int, bytes]:
    try:
        async with session.post(url, data=body) as reply:
            return reply.status, await reply.read()
    except (aiohttp.ClientError, TimeoutError):
        return 0, b""
