"""What is harmed: two supervised instances, and HAProxy in front of one and of both."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

from bench.chaos.clock import Clock
from bench.chaos.front import Front, run_haproxy
from bench.chaos.place import Archives, Place, environment
from ops.instance import free_ports
from ops.server import make_instance

DISK = 256  # MB of the instances' home, where it may be mounted


@dataclass(frozen=True, slots=True)
class Stage:
    """The instances and the proxy in front of them.

    Attributes:
        attacked: the address that attacks are sent to.
        clock: that of the instances and the proxy, if it can be set.
    """

    places: tuple[Place, ...]
    front: Front
    attacked: tuple[str, int]
    scratch: Path
    clock: Clock | None = None

    @property
    def victim(self) -> Place:
        """The instance that is harmed."""
        return self.places[0]

    def attacked_directly(self) -> "Stage":
        """The same, with attacks on the instance."""
        return replace(self, attacked=self.victim.address)

    def is_ready(self) -> bool:
        return all(place.is_ready() for place in self.places) and self.front.is_ready()

    def is_idle(self) -> bool:
        return self.is_ready() and all(place.is_idle() for place in self.places)


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """Let ``directory`` be a disk of its own that can be filled, where that is allowed."""
    directory.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "none", str(directory)]
    mounted = os.getuid() == 0 and subprocess.run(options, check=False).returncode == 0
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(directory)], check=False)


@contextmanager
def open_stages(
    scratch: Path, archives: Archives, instances: int, slots: int | None = None, clock: Clock | None = None
) -> Iterator[tuple[Stage, ...]]:
    """Start everything, and end it whatever has become of it.

    ``slots`` are those of ``deploy.proxy.Server``; ``clock`` becomes that of the instances and the proxy.

    Yields:
        A stage with one instance, one with two of which it is the first, and so on.
    """
    variables = clock.variables if clock else {}
    with ExitStack() as stack:
        stack.enter_context(small_disk(scratch / "disk"))
        places: list[Place] = []
        stages = []
        for name in "ab"[:instances]:
            store = scratch / f"store-{name}"
            store.mkdir()
            own = Archives(*(Path(shutil.copy(getattr(archives, each.name), store)) for each in fields(Archives)))
            home = scratch / "disk" if name == "a" else scratch / name
            place = Place(name, make_instance(home, {**free_ports(), "enable_model_api": "true"}), own, variables)
            stack.callback(place.stop)
            place.start()
            places.append(place)
            with environment(variables):
                front = stack.enter_context(run_haproxy(scratch / f"proxy-{name}", places, slots=slots))
            stages.append(Stage(tuple(places), front, front.address, scratch, clock))
        yield tuple(stages)
