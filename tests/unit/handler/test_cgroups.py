"""The limits of a container are seen, whatever the version of its control groups."""

import os
from pathlib import Path

import pytest

from luke_qa.cgroups import available_cores, memory_limit


class Groups:
    """A tree of control groups, and the file that says where in it this process is."""

    def __init__(self, directory: Path) -> None:
        self.root, self.membership = directory / "cgroup", directory / "membership"
        self.membership.write_text("")

    def enter(self, *lines: str) -> "Groups":
        self.membership.write_text("".join(f"{line}\n" for line in lines))
        return self

    def write(self, name: str, text: str) -> "Groups":
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
        return self

    def cores(self) -> int:
        return available_cores(self.root, self.membership)

    def memory(self) -> int | None:
        return memory_limit(self.root, self.membership)


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Groups:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    return Groups(tmp_path)


def test_without_control_groups_every_core_and_byte_is_there(groups: Groups) -> None:
    assert (groups.cores(), groups.memory()) == (16, None)
    groups.membership.unlink()
    assert (groups.cores(), groups.memory()) == (16, None)


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", 16), ("200000 100000", 2), ("250000 100000", 3), ("10000 100000", 1), ("6400000 100000", 16)],
)
def test_a_quota_of_version_2_is_rounded_up_as_java_does(groups: Groups, quota: str, cores: int) -> None:
    assert groups.enter("0::/").write("cpu.max", quota).cores() == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 16), ("200000", 2), ("150000", 2)])
def test_a_quota_of_version_1(groups: Groups, quota: str, cores: int) -> None:
    groups.enter("4:cpu,cpuacct:/").write("cpu/cpu.cfs_quota_us", quota).write("cpu/cpu.cfs_period_us", "100000")
    assert groups.cores() == cores


def test_memory_of_either_version(groups: Groups) -> None:
    groups.enter("0::/", "3:memory:/")
    assert groups.write("memory.max", "max").memory() is None
    assert groups.write("memory/memory.limit_in_bytes", "9223372036854771712").memory() is None
    assert groups.write("memory/memory.limit_in_bytes", "2147483648").memory() == 2 << 30
    assert groups.write("memory.max", "1073741824").memory() == 1 << 30


def test_the_least_limit_on_the_way_up_counts(groups: Groups) -> None:
    groups.enter("0::/system.slice/luke-qa.service")
    groups.write("system.slice/luke-qa.service/cpu.max", "400000 100000").write("system.slice/cpu.max", "300000 100000")
    groups.write("system.slice/luke-qa.service/memory.max", "max").write("system.slice/memory.max", "4096")
    groups.write("other.slice/cpu.max", "100000 100000")
    assert (groups.cores(), groups.memory()) == (3, 4096)


def test_a_container_that_sees_only_the_end_of_its_path(groups: Groups) -> None:
    groups.enter("9:memory:/docker/0123456789ab", "5:cpu:/docker/0123456789ab", "1:name=systemd:/docker/0123456789ab")
    groups.write("memory/memory.limit_in_bytes", "1048576")
    groups.write("cpu/cpu.cfs_quota_us", "100000").write("cpu/cpu.cfs_period_us", "50000")
    assert (groups.cores(), groups.memory()) == (2, 1 << 20)
