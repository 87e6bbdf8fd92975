"""What is done to an instance. Each fault returns the processes that must be gone before it can serve as before."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from bench.chaos.place import WORKERS, wait_for
from bench.chaos.stage import Stage
from ops.server_metrics import in_flight_of
from ops.upgrade import UpgradeError, replace_version

CGROUPS = Path("/sys/fs/cgroup/memory")
ROOM = 1 << 20  # bytes that a worker may take before it is out of memory
KILLS = 3
HUNGRY = {
    "question": "誰ですか",
    "context": "私の名前は田中です。" * 2000,
    "max_windows": "all",
}  # takes memory that a worker does not hold yet
DAMAGED = 10.0  # seconds for which an archive is damaged, a disk full, or a clock wrong
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Harm:
    """What was done: the processes that it ends, what there is to say of it, and what was measured by the way."""

    victims: tuple[int, ...] = ()
    note: str = ""
    measured: dict[str, float] = field(default_factory=dict)


Fault = Callable[[Stage], Harm]


class NotPossibleError(Exception):
    """The machine does not allow the fault. The message says what is missing."""


def send(sent: signal.Signals, *processes: int) -> Harm:
    for process in processes:
        os.kill(process, sent)
    return Harm(processes)


def kill_worker(stage: Stage) -> Harm:
    """Kill a worker, and twice more when its successor is ready."""
    killed: list[int] = []
    while len(killed) < KILLS and wait_for(lambda: len(set(stage.victim.workers()) - set(killed)) == WORKERS):
        killed.append(stage.victim.workers()[0])
        os.kill(killed[-1], signal.SIGKILL)
    return Harm(tuple(killed), f"{len(killed)} killed, one after the other")


def kill_collecting(stage: Stage) -> Harm:
    """Kill a worker for which a batch is being collected, and twice more when its successor is ready."""
    place, killed = stage.victim, list[int]()

    def collecting() -> list[int]:
        """The workers that compute nothing; since callers wait, batches are being collected for them."""
        return [each for each in place.workers() if not in_flight_of(place.instance.metrics_directory, [each])]

    while len(killed) < KILLS and wait_for(lambda: len(set(place.workers()) - set(killed)) == WORKERS):
        if wait_for(collecting) and (found := collecting()):
            killed.append(found[0])
            os.kill(killed[-1], signal.SIGKILL)
    return Harm(tuple(killed), f"{len(killed)} killed, one after the other, none of which computed")


def kill_workers(stage: Stage) -> Harm:
    return send(signal.SIGKILL, *stage.victim.workers())


def kill_java(stage: Stage) -> Harm:
    return send(signal.SIGKILL, stage.victim.java())


def stop_java(stage: Stage) -> Harm:
    return send(signal.SIGSTOP, stage.victim.java())


def stop_worker(stage: Stage) -> Harm:
    return send(signal.SIGSTOP, stage.victim.workers()[0])


def restart(stage: Stage) -> Harm:
    """End each instance by SIGTERM and start it again, one after the other."""
    seconds = []
    for place in stage.places:
        began = time.monotonic()
        place.stop()
        seconds.append(time.monotonic() - began)
        place.start()
        time.sleep(2)  # the proxy believes an instance after a check
    return Harm(note=f"SIGTERM to the end: {', '.join(f'{each:.1f}' for each in seconds)} s")


def upgrade(stage: Stage) -> Harm:
    """On each instance, one by one: a version that does not start, another that does, and back."""
    refused = 0
    for place in stage.places:
        try:
            replace_version(place.instance, place.archives.broken, place.logs)
        except UpgradeError:
            refused += 1
        for archive in (place.archives.second, place.archives.first):
            replace_version(place.instance, archive, place.logs)
    note = f"{refused} broken versions refused, {len(stage.places)} x another version and back"
    return Harm(note=note, measured={"broken_versions_in_service": len(stage.places) - refused})


def set_clock(stage: Stage) -> Harm:
    """Set the wall clock of the instances and the proxy an hour ahead, then an hour back, then right."""
    if stage.clock is None:
        raise NotPossibleError("there is no C compiler for a clock that can be set: apt-get install gcc libc6-dev")
    for seconds in (HOUR, -HOUR, 0):
        stage.clock.set(seconds)
        time.sleep(DAMAGED)
    return Harm(note=f"{HOUR} s ahead for {DAMAGED:g} s, {HOUR} s back for {DAMAGED:g} s, and right again")


def truncate(file: Path) -> None:
    """Leave the first half of a file."""
    os.truncate(file, file.stat().st_size // 2)


def corrupt(file: Path) -> None:
    """Overwrite 64 kB in the middle of a file."""
    with file.open("r+b") as archive:
        archive.seek(file.stat().st_size // 2)
        archive.write(os.urandom(1 << 16))


def restart_with(damage: Callable[[Path], None]) -> Fault:
    """A fault: java is killed while its archive is damaged; after a while the archive is whole again."""

    def fault(stage: Stage) -> Harm:
        place = stage.victim
        whole = Path(shutil.copy(place.archive, stage.scratch / "whole.mar"))
        damage(place.archive)
        java = place.java()
        os.kill(java, signal.SIGKILL)
        time.sleep(DAMAGED)
        whole.replace(place.archive)
        return Harm((java,), f"whole again after {DAMAGED:g} s")

    return fault


def exhaust_memory(stage: Stage) -> Harm:
    """Let the kernel kill a worker that takes more memory than its control group has."""
    group = CGROUPS / f"chaos-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(ROOM))
    except OSError as error:
        raise NotPossibleError(f"no memory control group can be made: {error}") from error
    worker = stage.victim.workers()[0]
    try:
        (group / "cgroup.procs").write_text(str(worker))
        with ThreadPoolExecutor(8) as pool:
            for _ in range(8):
                pool.submit(requests.post, stage.victim.url, json=HUNGRY, timeout=60)
            killed = wait_for(lambda: not psutil.pid_exists(worker), 15)
        if not killed:
            os.kill(worker, signal.SIGKILL)
    finally:
        wait_for(lambda: not (group / "cgroup.procs").read_text(), 10)
        group.rmdir()
    return Harm((worker,), "killed by the kernel" if killed else "the worker needed no more memory, and was killed")


@contextmanager
def full_disk(directory: Path) -> Iterator[int]:
    """Meanwhile nothing can be written below ``directory``; yields the bytes that filled it."""
    filler = directory / "filler"
    written = 0
    try:
        with filler.open("wb", buffering=0) as file:
            try:
                for size in (1 << 20, 1 << 12, 1):
                    while True:
                        written += file.write(b"\0" * size)
            except OSError:
                pass
            yield written
    finally:
        filler.unlink()


def fill_disk(stage: Stage) -> Harm:
    """Fill the disk of the home and the logs; a worker dies meanwhile."""
    home = stage.victim.instance.home
    if not home.is_mount():
        raise NotPossibleError("no small disk can be mounted")
    worker = stage.victim.workers()[0]
    with full_disk(home):
        os.kill(worker, signal.SIGKILL)
        time.sleep(DAMAGED)
        ready = len(stage.victim.workers())
    return Harm((worker,), f"disk full for {DAMAGED:g} s and a worker killed: {ready} workers ready before it had room")
