"""The CPUs and the memory that this process may use: a container or a service manager may allow less than there is.

A limit holds for every group below, so the least one on the way up from this process's control group counts. Sources,
in the kernel's documentation: admin-guide/cgroup-v2; for version 1, cgroup-v1/memory and scheduler/sched-bwc.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def available_cores(root: Path = ROOT, membership: Path = MEMBERSHIP) -> int:
    """Return how many cores this process can keep busy.

    A quota of a part of a core counts as a whole one. Java counts the same way, and TorchServe takes its number of
    workers from Java.
    """
    quotas = [*_quotas_v2(root, membership), *_quotas_v1(root, membership)]
    return min([len(os.sched_getaffinity(0)), *(math.ceil(quota) for quota in quotas)])


def memory_limit(root: Path = ROOT, membership: Path = MEMBERSHIP) -> int | None:
    """Return the bytes that this process may use; None without a limit."""
    limits = [
        *_values(root, membership, "", "memory.max"),
        *_values(root, membership, "memory", "memory.limit_in_bytes"),
    ]
    # Version 1 writes "no limit" as the largest number of whole pages.
    finite = [int(text) for text in limits if text != "max" and int(text) < 1 << 60]
    return min(finite, default=None)


def _quotas_v2(root: Path, membership: Path) -> Iterator[float]:
    for text in _values(root, membership, "", "cpu.max"):
        quota, period = text.split()
        if quota != "max":
            yield int(quota) / int(period)


def _quotas_v1(root: Path, membership: Path) -> Iterator[float]:
    quotas = _values(root, membership, "cpu", "cpu.cfs_quota_us")
    periods = _values(root, membership, "cpu", "cpu.cfs_period_us")
    for quota, period in zip(quotas, periods, strict=False):
        if int(quota) > 0:
            yield int(quota) / int(period)


def _values(root: Path, membership: Path, controller: str, name: str) -> Iterator[str]:
    """The file ``name`` of this process's control group and of every group above it, where there is one.

    ``controller`` is empty for version 2. A container may see its own group as the root, under a path of the host: the
    groups of that path have no files here, and the root has.
    """
    try:
        lines = membership.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller not in controllers.split(","):
            continue
        for group in (PurePosixPath(path), *PurePosixPath(path).parents):
            file = root / controller / group.relative_to("/") / name
            try:
                yield file.read_text("ascii").strip()
            except OSError:
                continue
