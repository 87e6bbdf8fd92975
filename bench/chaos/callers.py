"""Groups of callers, each in a process of its own: raw HTTP, or this project's client."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp

from bench.chaos.tally import Call, Fate, judge_reply
from luke_qa_client import AsyncLukeQAClient, LukeQAError

CONTEXT = multiprocessing.get_context("spawn")
RAW_TIMEOUT = 60.0  # seconds that a raw caller waits
CLIENT_TIMEOUT = 120.0  # the client's total_timeout, its default
PAUSE = 0.1  # seconds before a raw caller asks again after anything but an answer
FINISH = 180.0  # seconds for a group to end what is in flight


class Kind(StrEnum):
    """How a group asks."""

    RAW = "raw"
    CLIENT = "client"


class Way(StrEnum):
    """Whom a group asks: the instance itself, the proxy in front, or another server."""

    DIRECT = "direct"
    PROXY = "proxy"
    TRITON = "Triton"  # itself: it has no proxy


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the answer that an undisturbed server gives, and its offset."""

    question: str
    context: str
    expected: tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Callers of one kind.

    Attributes:
        url: where they predict.
        callers: in a closed load, each asks when it has its answer.
        due: in an open load, the seconds from its start at which a question is asked; it replaces ``callers``.
        once: each caller asks one question only.
        key_file: holds the API key, read before every raw question, and by the client when it is refused.
    """

    kind: Kind
    way: Way
    url: str
    callers: int = 1
    due: tuple[float, ...] = ()
    once: bool = False
    key_file: Path | None = None


def as_tensor(fields: Mapping[str, object]) -> bytes:
    """A request of the wire as one of the open inference protocol."""
    tensor = {"name": "request", "shape": [1, 1], "datatype": "BYTES", "data": [json.dumps(fields)]}
    return json.dumps({"inputs": [tensor]}).encode()


def of_tensors(status: int, body: bytes) -> tuple[int, bytes]:
    """Status and body of the wire in a reply of that protocol; what Triton says itself, as an error of the wire."""
    try:
        reply = json.loads(body)
        if status == 200:
            outputs = {output["name"]: output["data"][0] for output in reply["outputs"]}
            return outputs["status"], outputs["response"].encode()
        said = {"code": status, "type": "of Triton", "message": reply["error"]}
        return status, json.dumps(said).encode()
    except (ValueError, LookupError, TypeError, AttributeError):
        return status, body


Ask = Callable[[Question], Awaitable[tuple[Fate, str]]]


@asynccontextmanager
async def open_raw(group: Group) -> Any:
    """A function that asks by plain HTTP."""
    timeout = aiohttp.ClientTimeout(total=RAW_TIMEOUT)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:

        async def ask(question: Question) -> tuple[Fate, str]:
            fields = {"question": question.question, "context": question.context}
            body = as_tensor(fields) if group.way is Way.TRITON else json.dumps(fields).encode()
            headers = {"Content-Type": "application/json"}
            if group.key_file:
                headers["Authorization"] = f"Bearer {group.key_file.read_text('utf-8')}"
            try:
                async with session.post(group.url, data=body, headers=headers) as reply:
                    status, content = reply.status, await reply.read()
                    if group.way is Way.TRITON:
                        status, content = of_tensors(status, content)
                    return judge_reply(status, content, question.expected)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                return Fate.LOST, type(error).__name__

        yield ask


@asynccontextmanager
async def open_client(group: Group) -> Any:
    """A function that asks with the client, as it is by default."""
    key_file = group.key_file
    token = (lambda: key_file.read_text("utf-8")) if key_file else None
    address = urljoin(group.url, "/").rstrip("/")
    if group.way is Way.TRITON:
        address = address.replace("http://", "triton://")
    async with AsyncLukeQAClient(address, token=token) as client:

        async def ask(question: Question) -> tuple[Fate, str]:
            try:
                answer = await client.ask(question.question, question.context)
            except LukeQAError as error:
                why = f"{error.status} {error.type} after {error.tries} tries ({type(error).__name__})"
                return (Fate.REFUSED if (error.status or 0) >= 400 else Fate.LOST), why
            right = (answer.answer, answer.start) == question.expected
            return (Fate.RIGHT, "") if right else (Fate.WRONG, "200")

        yield ask


async def run(group: Group, questions: Sequence[Question], ended: Callable[[], bool]) -> list[Call]:
    """Ask until ``ended``, or what ``group`` asks, and return what became of it."""
    calls: list[Call] = []

    async def one(ask: Ask, number: int) -> Call:
        began = time.monotonic()
        fate, why = await ask(questions[number % len(questions)])
        call = Call(began, time.monotonic() - began, fate, why)
        calls.append(call)
        return call

    async def caller(ask: Ask, number: int) -> None:
        while not ended():
            call = await one(ask, number)
            number += group.callers
            if group.once:
                return
            if group.kind is Kind.RAW and call.fate is not Fate.RIGHT:
                await asyncio.sleep(PAUSE)

    async def at(ask: Ask, moment: float, number: int) -> None:
        await asyncio.sleep(moment)
        await one(ask, number)

    async with open_raw(group) if group.kind is Kind.RAW else open_client(group) as ask:
        if group.due:
            await asyncio.gather(*(at(ask, moment, number) for number, moment in enumerate(group.due)))
        else:
            await asyncio.gather(*(caller(ask, number) for number in range(group.callers)))
    return calls


def _process(
    group: Group,
    questions: Sequence[Question],
    start: Barrier,
    stop: Event,
    results: "Queue[tuple[Group, list[Call]]]",
) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    start.wait(FINISH)
    results.put((group, asyncio.run(run(group, questions, lambda: stop.is_set() or not parent.is_alive()))))


class Load:
    """Groups that ask at the same time; ``finish`` waits for them."""

    def __init__(self, groups: Sequence[Group], questions: Sequence[Question]) -> None:
        self._start, self._stop = CONTEXT.Barrier(len(groups) + 1), CONTEXT.Event()
        self._results: Queue[tuple[Group, list[Call]]] = CONTEXT.Queue()
        self._processes = [
            CONTEXT.Process(
                target=_process, args=(group, questions, self._start, self._stop, self._results), daemon=True
            )
            for group in groups
        ]
        for process in self._processes:
            process.start()

    def wait_until_started(self) -> None:
        """Wait until every process asks; none does before."""
        self._start.wait(FINISH)

    def stop(self) -> None:
        """Ask nothing new."""
        self._stop.set()

    def finish(self) -> list[tuple[Group, list[Call]]]:
        """Return each group's calls when the last one has ended.

        Raises:
            queue.Empty: a group did not end.
        """
        found = [self._results.get(timeout=FINISH) for _ in self._processes]
        for process in self._processes:
            process.join()
        return found

    def end(self) -> None:
        """End what still runs."""
        for process in self._processes:
            process.terminate()


@contextmanager
def load(groups: Sequence[Group], questions: Sequence[Question]) -> Iterator[Load]:
    """Let the groups ask; none of them outlives this."""
    running = Load(groups, questions)
    try:
        yield running
    finally:
        running.stop()
        running.end()
