"""The rows of the table that apply to Triton: it is harmed while callers ask it, over HTTP and without a proxy.

    python -m bench.chaos.triton [ROW...] [--seconds 60] [--output bench/results/DATE/chaos-triton.md]

The exit status is 1 if a bar was missed: no answer may be wrong, and the client may lose none.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests

from bench.chaos import attacks
from bench.chaos.__main__ import QUESTIONS, show, write
from bench.chaos.callers import Group, Kind, Question, Way, as_tensor, of_tensors
from bench.chaos.faults import KILLS, Harm, send
from bench.chaos.place import WORKERS, Archives, wait_for
from bench.chaos.rows import LoadKind, Row, nothing
from bench.chaos.setting import build_archives, draw_questions
from bench.chaos.table import missed
from bench.chaos.trial import AT_ONCE, Result, measure_rate, run_after, run_alone, run_during
from bench.load import arrivals
from bench.texts import Pair
from deploy.triton import server
from deploy.triton.command import TritonError
from deploy.triton.config import Machine
from deploy.triton.place import Place, Ports
from deploy.triton.repository import build_repository
from deploy.triton.versions import roll_back, upgrade
from luke_qa.cgroups import available_cores
from luke_qa_client import AsyncLukeQAClient
from ops.layout import MODEL_NAME
from ops.ports import find_free_ports

CALLERS = 6
LEAVING = 200


@dataclass(frozen=True, slots=True)
class Stage:
    """A supervised Triton with two instances of the model."""

    place: Place
    archives: Archives

    @property
    def places(self) -> tuple[Place]:
        return (self.place,)

    @property
    def url(self) -> str:
        return f"{self.place.url}/v2/models/{MODEL_NAME}/infer"

    @property
    def address(self) -> tuple[str, int]:
        url = urlsplit(self.place.url)
        return url.hostname or "", url.port or 80

    def front(self) -> psutil.Process | None:
        """Triton, if it runs."""
        supervisor = self.place.process()
        return next(iter(supervisor.children()), None) if supervisor else None

    def stubs(self) -> list[int]:
        """The process ids of the model's instances that live."""
        front = self.front()
        try:
            children = front.children() if front else []
            return [each.pid for each in children if each.status() != psutil.STATUS_ZOMBIE]
        except psutil.NoSuchProcess:
            return []

    def is_ready(self) -> bool:
        return server.is_ready(self.place) and len(self.stubs()) >= WORKERS


def kill_stubs(stage: Stage) -> Harm:
    """Kill an instance of the model, and twice more when it has successors."""
    killed: list[int] = []
    while len(killed) < KILLS and wait_for(lambda: stage.is_ready() and not set(killed) & set(stage.stubs())):
        killed.append(stage.stubs()[0])
        os.kill(killed[-1], signal.SIGKILL)
        time.sleep(1)
    return Harm(note=f"{len(killed)} killed, one after the other")


def kill_all_stubs(stage: Stage) -> Harm:
    return Harm(note=f"{len(send(signal.SIGKILL, *stage.stubs()).victims)} killed at once")


def kill_triton(stage: Stage) -> Harm:
    front = stage.front()
    assert front is not None
    return send(signal.SIGKILL, front.pid)


def restart(stage: Stage) -> Harm:
    """End Triton by SIGTERM, and start it again."""
    began = time.monotonic()
    server.stop(stage.place)
    ended = time.monotonic() - began
    server.start(stage.place)
    return Harm(note=f"SIGTERM to the end: {ended:.1f} s")


def replace(stage: Stage) -> Harm:
    """A version that does not start, another that does, and back."""
    in_service = 1
    try:
        upgrade(stage.place, stage.archives.broken)
    except TritonError:
        in_service = 0
    upgrade(stage.place, stage.archives.second)
    roll_back(stage.place)
    return Harm(note="a broken version, another and back", measured={"broken_versions_in_service": in_service})


def idle(stage: Stage) -> Harm:
    return attacks.idle(stage.address)


def abandon(scheme: str) -> Callable[[Stage], Harm]:
    """A fault: 200 callers ask with the client over this protocol, and leave at once."""

    async def leave(address: str) -> None:
        async with AsyncLukeQAClient(address) as client:
            asked = [asyncio.ensure_future(client.ask("何が好きですか", attacks.SHORT)) for _ in range(LEAVING)]
            await asyncio.sleep(0.5)
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    def fault(stage: Stage) -> Harm:
        port = stage.place.ports.grpc if "grpc" in scheme else stage.place.ports.http
        asyncio.run(leave(f"{scheme}://127.0.0.1:{port}"))
        return Harm(note=f"{LEAVING} left")

    return fault


ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row("worker-killed", "one of two processes of the model killed under load, three times", kill_stubs),
        Row("workers-killed", "both processes of the model killed at once", kill_all_stubs),
        Row("server-killed", "Triton killed", kill_triton),
        Row("restart", "SIGTERM and start", restart),
        Row(
            "leavers-http",
            "200 short requests over HTTP, whose callers leave",
            abandon("triton"),
            LoadKind.AFTER,
        ),
        Row("leavers-grpc", "the same over gRPC", abandon("triton+grpc"), LoadKind.AFTER, spares_all=True),
        Row("overload", "twice the rate that can be answered", nothing, LoadKind.OVERLOAD),
        Row("upgrade", "a broken version, another one and a rollback", replace, spares_all=True),
        Row("idle", "10,000 idle connections", idle),
    )
}


def run_row(row: Row, stage: Stage, questions: Sequence[Question], seconds: float) -> Iterator[Result]:
    """Run a row on a Triton that is well."""
    if row.load is LoadKind.OVERLOAD:
        rate = measure_rate(Way.TRITON, stage.url, questions)
        for kind in Kind:
            halves = [arrivals(rate, seconds, seed) for seed in (1, 2)]  # each half at the rate is twice the rate
            groups = [Group(kind, Way.TRITON, stage.url, due=tuple(due)) for due in halves]
            yield run_alone(row, stage, questions, groups)
    elif row.load is LoadKind.AFTER:
        for kind in Kind:
            group = Group(kind, Way.TRITON, stage.url, AT_ONCE, once=True)
            yield run_after(row, stage, questions, group, lambda: row.fault(stage))
    else:
        groups = [Group(kind, Way.TRITON, stage.url, CALLERS) for kind in Kind]
        yield run_during(row, stage, questions, groups, lambda: row.fault(stage))


@contextmanager
def open_stage(directory: Path) -> Iterator[Stage]:
    """Build the archives and the repository, and start Triton; it is stopped whatever has become of it."""
    archives = build_archives(directory)
    home = directory / "triton"
    home.mkdir()
    place = Place(home, home / "repository", Ports(*find_free_ports(3)))
    build_repository(archives.first, place.repository, Machine(available_cores(), 0), gpu=False)
    try:
        server.start(place)
        yield Stage(place, archives)
    finally:
        server.stop(place)


def ask_undisturbed(stage: Stage, pairs: Sequence[Pair]) -> list[Question]:
    """The answers of a Triton that nothing disturbs."""
    questions = []
    for pair in pairs:
        fields: dict[str, Any] = {"question": pair.question, "context": pair.context}
        reply = requests.post(stage.url, as_tensor(fields), headers={"Content-Type": "application/json"}, timeout=60)
        status, body = of_tensors(reply.status_code, reply.content)
        assert status == 200, body
        answer = json.loads(body)
        questions.append(Question(pair.question, pair.context, (answer["answer"], answer["start"])))
    return questions


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos.triton", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"default: all of {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=60.0, help="duration of an overload")
    parser.add_argument("--output", type=Path, help="the table as Markdown")
    given = parser.parse_args()
    if unknown := [name for name in given.rows if name not in ROWS]:
        parser.error(f"{unknown[0]} is not a row; the rows are {', '.join(ROWS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on SIGTERM as well
    results, left_out = list[Result](), dict[str, str]()
    pairs = draw_questions(QUESTIONS)
    with tempfile.TemporaryDirectory(prefix="chaos-") as directory, open_stage(Path(directory)) as stage:
        questions = ask_undisturbed(stage, pairs)
        for row in [ROWS[name] for name in given.rows or ROWS]:
            if not wait_for(stage.is_ready, 120):
                left_out[row.name] = "the row before had left the server unwell"
                continue
            for result in run_row(row, stage, questions, given.seconds):
                results.append(result)
                show(result)
                if given.output:
                    write(results, left_out, given.output)
    return int(any(missed(result) for result in results))


if __name__ == "__main__":
    sys.exit(main())
