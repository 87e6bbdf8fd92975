"""What is asked in a soak: short and long questions, malformed requests, and questions whose callers leave."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import aiohttp

from bench.chaos.callers import Question
from bench.chaos.tally import Fate, judge_reply
from bench.texts import Pair

LEAVES = 0.05  # seconds after which a caller leaves
TIMEOUT = 60.0
JSON = {"Content-Type": "application/json"}


class Kind(StrEnum):
    """A kind of request."""

    SHORT = "short"
    LONG = "long"
    BAD = "bad"
    LEFT = "left"


SHARES = {Kind.SHORT: 0.85, Kind.LONG: 0.03, Kind.BAD: 0.07, Kind.LEFT: 0.05}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has ended: when it was due and how long it took from then, in seconds, and whether it ended well.

    A good question should be answered right, a bad one be refused with a 4xx. Who leaves expects nothing.
    """

    kind: Kind
    due: float
    took: float
    is_well: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Mix:
    """What there is to ask."""

    short: Sequence[Question]
    long: Sequence[Question]
    bad: Sequence[bytes]

    def kinds(self, seed: int) -> Iterator[Kind]:
        """Yield kinds by their shares, for ever."""
        rng = random.Random(seed)
        while True:
            yield from rng.choices(list(SHARES), list(SHARES.values()), k=1000)

    async def ask(self, session: aiohttp.ClientSession, url: str, kind: Kind, number: int, due: float) -> Asked:
        """Ask the ``number``th request of a kind, which was due at this moment of the monotonic clock."""
        is_well, why = True, ""
        try:
            if kind is Kind.BAD:
                status, _ = await _post(session, url, self.bad[number % len(self.bad)])
                is_well, why = 400 <= status < 500, str(status)
            elif kind is Kind.LEFT:
                body = _body(self.short[number % len(self.short)])
                await asyncio.wait_for(_post(session, url, body), LEAVES)
            else:
                questions = self.long if kind is Kind.LONG else self.short
                question = questions[number % len(questions)]
                fate, why = judge_reply(*await _post(session, url, _body(question)), question.expected)
                is_well = fate is Fate.RIGHT
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            is_well, why = kind is Kind.LEFT, type(error).__name__
        return Asked(kind, due, time.monotonic() - due, is_well, why)


async def _post(session: aiohttp.ClientSession, url: str, body: bytes) -> tuple[int, bytes]:
    async with session.post(url, data=body, headers=JSON) as reply:
        return reply.status, await reply.read()


def _body(question: Question) -> bytes:
    return Pair(question.question, question.context).body()


def open_session() -> aiohttp.ClientSession:
    """A session without a limit on connections."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT), connector=aiohttp.TCPConnector(limit=0))
