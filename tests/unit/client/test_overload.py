"""A client and an overloaded server on a virtual clock: an event loop that skips every wait."""

import asyncio
import json
import random
import selectors
import time
from collections.abc import Coroutine
from typing import Any, Final

import pytest

from luke_qa_client import (
    Answer,
    AsyncLukeQAClient,
    ConnectionFailedError,
    LukeQAError,
    TimedOutError,
    _policy,
    _retry,
)
from luke_qa_client._budget import CAPACITY, TOKENS_PER_ANSWER, TOKENS_PER_SECOND
from luke_qa_client._transport.base import Attempt, Reply
from tests.unit.client.stub import native_answer, refusal

NOON: Final = 1_790_000_000.0
PAUSE_BOUNDS: Final = _retry.PAUSE_BOUNDS  # before the conftest shortens them

WORKERS: Final = 2
SECONDS_PER_ANSWER: Final = 0.04
RATE: Final = WORKERS / SECONDS_PER_ANSWER  # answers a second
QUEUE: Final = 100  # the proxy's
OVERLOAD_SECONDS: Final = 20


class VirtualClock(selectors.DefaultSelector):
    """A clock that a waiting event loop sets forward."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing is scheduled: the loop would wait for ever"
        self.now += max(0.0, timeout)
        return super().select(0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualClock:
    clock = VirtualClock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(_policy, "_now", lambda: NOON + clock.now)
    monkeypatch.setattr(_retry, "PAUSE_BOUNDS", PAUSE_BOUNDS)
    monkeypatch.setattr(random, "uniform", random.Random(1).uniform)
    return clock


class Server:
    """A transport to a server with so many workers and a bounded queue in front. At first it may be down."""

    def __init__(self, full: Reply, starts: float = 0.0) -> None:
        self.tries = 0
        self._full = full
        self._starts = starts
        self._pending = 0
        self._workers = asyncio.Semaphore(WORKERS)

    async def send(self, attempt: Attempt) -> Reply:
        self.tries += 1
        if time.monotonic() < self._starts:
            raise ConnectionFailedError("Connection refused.")
        if self._pending >= WORKERS + QUEUE:
            await asyncio.sleep(0.001)
            return self._full
        self._pending += 1
        try:
            async with asyncio.timeout(attempt.timeout), self._workers:
                await asyncio.sleep(SECONDS_PER_ANSWER)
        except TimeoutError:
            raise TimedOutError("No reply.") from None
        finally:
            self._pending -= 1
        return Reply(200, json.dumps(native_answer(json.loads(attempt.body or b""))).encode())

    async def close(self) -> None:
        pass


async def ask_at(rate: float, count: int, server: Server, clients: int = 1) -> list[Answer | LukeQAError]:
    """Ask so many questions a second, whether the earlier ones have been answered or not."""
    asking = [AsyncLukeQAClient("http://127.0.0.1:1") for _ in range(clients)]
    for client in asking:
        client._transport = server

    async def ask(number: int) -> Answer | LukeQAError:
        await asyncio.sleep(number / rate)
        try:
            return await asking[number % clients].ask("何が好きですか", "私は苺が好きです。")
        except LukeQAError as error:
            return error

    return await asyncio.gather(*map(ask, range(count)))


def run(clock: VirtualClock, results: Coroutine[Any, Any, list[Answer | LukeQAError]]) -> list[Answer | LukeQAError]:
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(clock)) as runner:
        return runner.run(results)


BUSY: Final = Reply(429, json.dumps(refusal(429, "overloaded")).encode(), retry_after="1")
FULL: Final = Reply(503, json.dumps(refusal(503, "ServiceUnavailableException")).encode())


@pytest.mark.parametrize("clients", [1, 5])
@pytest.mark.parametrize("full", [BUSY, FULL], ids=["behind the proxy", "direct"])
def test_twice_the_servers_rate_is_answered_in_full_with_few_retries(
    clock: VirtualClock, full: Reply, clients: int
) -> None:
    server = Server(full)
    results = run(clock, ask_at(2 * RATE, round(2 * RATE * OVERLOAD_SECONDS), server, clients))
    assert [result for result in results if isinstance(result, LukeQAError)] == []
    earned = TOKENS_PER_ANSWER * len(results) + clients * TOKENS_PER_SECOND * clock.now
    assert 0 < server.tries - len(results) <= clients * CAPACITY + earned
    assert server.tries / len(results) < 2.2  # 4 to 5 without a budget
    assert clock.now < 1.25 * len(results) / RATE  # the server hardly idles


@pytest.mark.parametrize("count", [8, 64, 300])
def test_a_server_that_was_down_is_found_again_soon(clock: VirtualClock, count: int) -> None:
    server = Server(BUSY, starts=10.0)
    results = run(clock, ask_at(1e6, count, server))
    assert [result for result in results if isinstance(result, LukeQAError)] == []
    assert server.tries <= 2 * count + CAPACITY + TOKENS_PER_SECOND * clock.now
    assert clock.now < 10 + count / RATE + PAUSE_BOUNDS[-1]
