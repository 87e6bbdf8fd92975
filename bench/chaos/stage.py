"""What is harmed: two supervised instances, and HAProxy in front of one and of both."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from deploy.haproxy.render import render
from deploy.proxy import Proxy, Server
from ops.instance import Instance, free_ports
from ops.layout import MODEL_NAME
from ops.observation import observe
from ops.server import is_ready, make_instance, start, stop

PATIENCE = 90.0  # seconds within which whatever was harmed must serve again
WORKERS = 2
DISK = 256  # MB of the instances' home, where it may be mounted
# Debian keeps it in /usr/sbin, which a user's PATH may lack.
HAPROXY = shutil.which("haproxy", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Wait until the condition holds; return whether it did within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """An instance with the archive that it alone serves."""

    name: str
    instance: Instance
    archive: Path

    @property
    def url(self) -> str:
        return f"{self.instance.inference_url}/predictions/{MODEL_NAME}"

    @property
    def address(self) -> tuple[str, int]:
        url = urlsplit(self.instance.inference_url)
        return url.hostname or "", url.port or 80

    def start(self) -> None:
        start(self.instance, self.archive, self.instance.home / "logs")

    def stop(self) -> None:
        stop(self.instance)

    def java(self) -> int:
        process = self.instance.process()
        assert process is not None, f"{self.name} does not run"
        return process.pid

    def workers(self) -> list[int]:
        """The process ids of the workers that take requests."""
        seen = observe(self.instance, timeout=10)
        return [worker.process_id for worker in seen.workers if worker.status == "READY"] if seen else []

    def is_ready(self) -> bool:
        return is_ready(self.instance)

    def is_idle(self) -> bool:
        """Whether no request waits in its queue."""
        seen = observe(self.instance, timeout=10)
        return seen is not None and not seen.waiting


@dataclass(frozen=True, slots=True)
class Front:
    """A proxy that runs."""

    proxy: Proxy
    process: psutil.Process

    @property
    def url(self) -> str:
        return f"http://{self.proxy.http}/predictions/{MODEL_NAME}"

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.proxy.http.rpartition(":")
        return host, int(port)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"http://{self.proxy.http}/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def reload(self) -> None:
        self.process.send_signal(signal.SIGUSR2)


@dataclass(frozen=True, slots=True)
class Stage:
    """The instances and the proxy in front of them.

    Attributes:
        attacked: the address that attacks are sent to.
    """

    places: tuple[Place, ...]
    front: Front
    attacked: tuple[str, int]
    scratch: Path

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
def run_haproxy(directory: Path, places: Sequence[Place], keys: Path | None = None) -> Iterator[Front]:
    """HAProxy with the shipped configuration, on free ports."""
    assert HAPROXY, "haproxy is not installed: apt-get install haproxy"
    directory.mkdir()
    http, grpc, exporter = [urlsplit(url).netloc for url in free_ports().values() if url.startswith("http")][:3]
    servers = tuple(
        Server(
            place.name,
            http=urlsplit(place.instance.inference_url).port or 80,
            grpc=int(place.instance.properties["grpc_inference_port"]),
            control=urlsplit(place.instance.control_url).port or 80,
            workers=WORKERS,
        )
        for place in places
    )
    proxy = Proxy(servers, http, grpc, exporter, keys=keys, configuration=directory, run=directory)
    for name, text in render(proxy).items():
        (directory / name).write_text(text, "utf-8")
    with (directory / "access.log").open("wb") as log, (directory / "errors.log").open("wb") as errors:
        process = subprocess.Popen(
            [HAPROXY, "-W", "-f", str(directory / "haproxy.cfg")], stdout=log, stderr=errors, start_new_session=True
        )
    try:
        front = Front(proxy, psutil.Process(process.pid))
        assert wait_for(front.is_ready), f"the proxy is not ready: see {directory}"
        yield front
    finally:
        process.terminate()
        process.wait()


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
def open_stages(scratch: Path, archive: Path, instances: int) -> Iterator[tuple[Stage, ...]]:
    """Start everything, and end it whatever has become of it.

    Yields:
        A stage with one instance, one with two of which it is the first, and so on.
    """
    with ExitStack() as stack:
        stack.enter_context(small_disk(scratch / "disk"))
        places: list[Place] = []
        stages = []
        for name in "ab"[:instances]:
            store = scratch / f"store-{name}"
            store.mkdir()
            own = Path(shutil.copy(archive, store / archive.name))
            home = scratch / "disk" if name == "a" else scratch / name
            place = Place(name, make_instance(home, free_ports()), own)
            stack.callback(place.stop)
            place.start()
            places.append(place)
            front = stack.enter_context(run_haproxy(scratch / f"proxy-{name}", places))
            stages.append(Stage(tuple(places), front, front.address, scratch))
        yield tuple(stages)
