"""One row, run once: callers ask, the deployment is harmed, and what became of the questions is counted."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from bench.chaos.callers import Group, Kind, Question, Way, load
from bench.chaos.faults import Harm
from bench.chaos.front import Front, run_haproxy
from bench.chaos.place import wait_for
from bench.chaos.rows import LoadKind, Row
from bench.chaos.stage import Stage
from bench.chaos.tally import Call, Fate, Tally, tally
from bench.load import arrivals
from ops.keys import issue_key, revoke_keys

DIRECT_CALLERS, PROXY_CALLERS, AT_ONCE = 2, 6, 64
RATE_SECONDS, RATE_CALLERS = 6.0, 32
WARM, SETTLE = 3.0, 2.0  # seconds of load before the harm (the callers start meanwhile) and after it is mended


class Harmed(Protocol):
    """What a row is run on."""

    @property
    def places(self) -> Sequence[object]:
        """Its instances."""

    def is_ready(self) -> bool:
        """Whether every worker of every instance is ready."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found.

    Attributes:
        seconds: from the harm until every worker of every instance is ready again; None if that was not to be seen.
        load: the machine's load average when the row ended.
    """

    row: Row
    instances: int
    harm: Harm
    groups: tuple[tuple[Kind, Way, Tally], ...]
    seconds: float | None
    load: float


def measure_rate(way: Way, url: str, questions: Sequence[Question]) -> float:
    """Right answers a second at ``url``, under as many callers as keep every worker busy."""
    with load([Group(Kind.RAW, way, url, RATE_CALLERS)], questions) as running:
        running.wait_until_started()
        time.sleep(1.0 + RATE_SECONDS)
        running.stop()
        ((_, calls),) = running.finish()
    first = min(call.ended for call in calls)
    right = [call for call in calls if call.fate is Fate.RIGHT and 0 < call.ended - first - 1.0 <= RATE_SECONDS]
    return len(right) / RATE_SECONDS


def run_row(row: Row, stage: Stage, questions: Sequence[Question], rate: float, seconds: float) -> Iterator[Result]:
    """Run a row on a stage that is well.

    An overload is twice ``rate``, the right answers a second that the stage gives, for ``seconds``.

    Raises:
        NotPossibleError: this machine does not allow the fault.
    """
    proxied, direct = stage.front.url, stage.victim.url
    has_direct = len(stage.places) == 1  # a caller without the proxy has one instance
    if row.load is LoadKind.ROTATED:
        with open_locked(stage) as (locked, keys, current):
            groups = [Group(kind, Way.PROXY, locked.url, PROXY_CALLERS, key_file=current) for kind in Kind]
            yield run_during(row, stage, questions, groups, lambda: rotate(locked, keys, current))
    elif row.load is LoadKind.OVERLOAD:
        for kind in Kind:
            halves = [arrivals(rate, seconds, seed) for seed in (1, 2)]  # each half at the rate is twice the rate
            yield run_alone(row, stage, questions, [Group(kind, Way.PROXY, proxied, due=tuple(due)) for due in halves])
    elif row.load is LoadKind.AFTER:
        for kind in Kind:
            group = Group(kind, Way.PROXY, proxied, AT_ONCE, once=True)
            yield run_after(row, stage, questions, group, lambda: row.fault(stage))
        if has_direct:
            attacked = stage.attacked_directly()
            group = Group(Kind.RAW, Way.DIRECT, direct, AT_ONCE, once=True)
            yield run_after(row, attacked, questions, group, lambda: row.fault(attacked))
    else:
        groups = [Group(kind, Way.PROXY, proxied, PROXY_CALLERS) for kind in Kind]
        if has_direct:
            groups += [Group(kind, Way.DIRECT, direct, DIRECT_CALLERS) for kind in Kind]
        yield run_during(row, stage, questions, groups, lambda: row.fault(stage))


def run_during(
    row: Row, stage: Harmed, questions: Sequence[Question], groups: Sequence[Group], harm: Callable[[], Harm]
) -> Result:
    """The groups ask before, during and after the harm."""
    with load(groups, questions) as running:
        running.wait_until_started()
        time.sleep(WARM)
        began = time.monotonic()
        done = harm()
        well = wait_until_well(stage, done, began)
        time.sleep(SETTLE)
        ended = time.monotonic()
        running.stop()
        return _result(row, stage, done, running.finish(), (began, ended), well)


def run_after(row: Row, stage: Harmed, questions: Sequence[Question], group: Group, harm: Callable[[], Harm]) -> Result:
    """The callers ask once, all at once, when the harm is done."""
    began = time.monotonic()
    done = harm()
    with load([group], questions) as running:
        running.wait_until_started()
        calls = running.finish()
    ended = max(call.ended for _, each in calls for call in each)
    return _result(row, stage, done, calls, (began, ended), wait_until_well(stage, done, began))


def run_alone(row: Row, stage: Harmed, questions: Sequence[Question], groups: Sequence[Group]) -> Result:
    """The questions are the harm."""
    with load(groups, questions) as running:
        running.wait_until_started()
        calls = running.finish()
    asked = [call.asked for _, each in calls for call in each]
    took = max(asked) - min(asked)
    harm = Harm(note=f"{len(asked) / took:.0f} questions a second for {took:.0f} s")
    return _result(row, stage, harm, calls, (min(asked), max(asked)), None)


def wait_until_well(stage: Harmed, done: Harm, began: float) -> float | None:
    """Wait until the victims are gone and every worker is ready; return the seconds since ``began``, None for never."""
    gone = wait_for(lambda: not any(psutil.pid_exists(victim) for victim in done.victims))
    return time.monotonic() - began if gone and wait_for(stage.is_ready) else None


@contextmanager
def open_locked(stage: Stage) -> Iterator[tuple[Front, Path, Path]]:
    """A proxy that wants keys, the file of their digests, and a file with the key that callers use."""
    with tempfile.TemporaryDirectory(dir=stage.scratch) as directory:
        keys, current = Path(directory) / "keys.map", Path(directory) / "current"
        current.write_text(issue_key("app", keys), "utf-8")
        with run_haproxy(Path(directory) / "proxy", stage.places, keys) as front:
            yield front, keys, current


def rotate(front: Front, keys: Path, current: Path) -> Harm:
    """Issue a key, give it to the callers, revoke the old one; three times."""
    for _ in range(3):
        issued = issue_key("app", keys)
        front.reload()
        time.sleep(1.5)
        partial = current.with_name("partial")
        partial.write_text(issued, "utf-8")
        partial.replace(current)
        time.sleep(0.5)
        revoke_keys("app", keys, keep_newest=True)
        front.reload()
        time.sleep(1.5)
    return Harm(note="3 rotations, 6 reloads")


def _result(
    row: Row,
    stage: Harmed,
    done: Harm,
    groups: Sequence[tuple[Group, list[Call]]],
    span: tuple[float, float],
    seconds: float | None,
) -> Result:
    together: dict[tuple[Kind, Way], list[Call]] = {}
    for group, calls in groups:
        together.setdefault((group.kind, group.way), []).extend(calls)
    counted = tuple((*who, tally(calls, *span)) for who, calls in sorted(together.items(), reverse=True))
    return Result(row, len(stage.places), done, counted, seconds, os.getloadavg()[0])
