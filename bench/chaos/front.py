"""HAProxy as it is shipped, in front of instances."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from bench.chaos.place import WORKERS, Place, wait_for
from deploy.haproxy.render import render
from deploy.proxy import Proxy, Server
from ops.instance import free_ports
from ops.layout import MODEL_NAME

# Debian keeps it in /usr/sbin, which a user's PATH may lack.
HAPROXY = shutil.which("haproxy", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))


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


@contextmanager
def run_haproxy(
    directory: Path, places: Sequence[Place], keys: Path | None = None, slots: int | None = None
) -> Iterator[Front]:
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
            slots=slots,
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
