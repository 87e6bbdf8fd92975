"""The rows of the table: each harms the deployment in one way while callers ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bench.chaos import attacks, faults
from bench.chaos.attacks import by_callers
from bench.chaos.callers import Kind, Way
from bench.chaos.place import Setting
from bench.chaos.tally import Tally

SERVING_AGAIN = 15.0  # seconds for a wedged java
OVERRUN = 0.5  # seconds beyond ``deadline_ms``


class LoadKind(StrEnum):
    """When callers ask."""

    DURING = "during"  # before, during and after the harm
    AFTER = "after"  # 64 at once, after it
    OVERLOAD = "overload"  # at twice the rate that can be answered; that is the harm
    ROTATED = "rotated"  # with keys, which are rotated


@dataclass(frozen=True, slots=True)
class Row:
    """One way to harm the deployment.

    Attributes:
        instances: how many are behind the proxy; the row is run once for each.
        setting: of the instances.
        spares_others: no raw caller behind the proxy may lose an answer where another instance serves.
        spares_all: every caller behind the proxy must get a right answer, raw ones as well.
        serving_again: seconds within which every group must have a right answer.
    """

    name: str
    about: str
    fault: Callable[[Any], faults.Harm]  # of the stage that it harms: each kind of server has its own
    load: LoadKind = LoadKind.DURING
    instances: tuple[int, ...] = (1,)
    setting: Setting = Setting.SHIPPED
    spares_others: bool = False
    spares_all: bool = False
    serving_again: float | None = None


def nothing(_: object) -> faults.Harm:
    return faults.Harm()


ONE_AND_TWO = (1, 2)

ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row(
            "worker-killed",
            "one of two workers killed under load, three times",
            faults.kill_worker,
            instances=ONE_AND_TWO,
        ),
        Row(
            "worker-killed-idle", "one worker killed while nobody asks, three times", faults.kill_worker, LoadKind.AFTER
        ),
        Row(
            "worker-killed-collecting",
            "one of two workers killed while its batch is collected, three times",
            faults.kill_collecting,
            setting=Setting.BATCHES,
        ),
        Row("workers-killed", "both workers killed at once", faults.kill_workers, instances=ONE_AND_TWO),
        Row("java-killed", "java killed", faults.kill_java, instances=ONE_AND_TWO, spares_others=True),
        Row(
            "java-wedged",
            "java stopped (SIGSTOP)",
            faults.stop_java,
            instances=ONE_AND_TWO,
            serving_again=SERVING_AGAIN,
        ),
        Row("worker-hung", "a worker stopped (SIGSTOP)", faults.stop_worker, instances=ONE_AND_TWO),
        Row("restart", "SIGTERM and start, one by one", faults.restart, instances=ONE_AND_TWO, spares_others=True),
        Row(
            "leavers",
            "8 long and 200 short requests, all of whose callers leave at once",
            by_callers(attacks.abandon),
            LoadKind.AFTER,
            spares_all=True,
        ),
        Row("overload", "twice the rate that can be answered", nothing, LoadKind.OVERLOAD, ONE_AND_TWO),
        Row("keys-rotated", "keys issued, used and revoked, with reloads", nothing, LoadKind.ROTATED),
        Row(
            "upgrade",
            "a broken version, another one and a rollback",
            faults.upgrade,
            instances=ONE_AND_TWO,
            spares_all=True,
        ),
        Row("malformed", "every malformed request, 200 a second", by_callers(attacks.send_malformed)),
        Row("slow-loris", "600 send byte by byte", by_callers(attacks.dribble)),
        Row("half-bodies", "700 send half of 2.9 MB", by_callers(attacks.half_send)),
        Row("huge-bodies", "bodies of 50 MB, 8 at a time", by_callers(attacks.send_huge)),
        Row("gzip-bombs", "50 MB in 50 kB of gzip, 8 at a time", by_callers(attacks.send_bombs)),
        Row("deadline", "requests with 0.5 s left", by_callers(attacks.overrun)),
        Row("idle", "10,000 idle connections", by_callers(attacks.idle)),
        Row("archive-truncated", "java killed, half an archive", faults.restart_with(faults.truncate)),
        Row("archive-corrupt", "java killed, 64 kB of the archive overwritten", faults.restart_with(faults.corrupt)),
        Row("out-of-memory", "a worker killed by the kernel", faults.exhaust_memory),
        Row("clock-jump", "the clock of instances and proxy set", faults.set_clock, setting=Setting.CLOCK),
        Row("disk-full", "no room for home and logs", faults.fill_disk),
    )
}


def misses(row: Row, instances: int, kind: Kind, way: Way, found: Tally) -> list[str]:
    """Return the bars that a group missed. What raw callers meet without the proxy is only reported."""
    checks: list[tuple[str, Callable[[], bool]]] = [("wrong", lambda: found.wrong > 0)]
    if way is not Way.DIRECT:
        all_right = kind is Kind.CLIENT or row.spares_all
        checks += [
            ("asked nothing", lambda: found.asked == 0),
            ("refused", lambda: all_right and found.refused > 0),
            ("lost", lambda: (all_right or (row.spares_others and instances > 1)) and found.lost > 0),
            ("late", lambda: row.serving_again is not None and found.silence > row.serving_again),
        ]
    return [name for name, missed in checks if missed()]


def misses_of_harm(measured: Mapping[str, float]) -> list[str]:
    """Return the bars that were missed by what was measured beside the groups."""
    bars = {
        "overrun": OVERRUN,
        "overrun_of_eight": OVERRUN,
        "overrun_of_short": OVERRUN,
        "server_faults": 0.0,
        "broken_versions_in_service": 0.0,
    }
    return [name for name, value in measured.items() if name in bars and value > bars[name]]
