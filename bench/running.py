"""The servers of one archive, each started, asked, harmed and stopped in the same way."""

import json
import re
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import psutil
import requests
import yaml

from bench.texts import Pair
from deploy.kserve import server as kserve
from deploy.kserve.directory import write_directory
from deploy.triton import server as triton
from deploy.triton.config import Machine
from deploy.triton.place import Place as TritonPlace
from deploy.triton.place import Ports as TritonPorts
from deploy.triton.repository import build_repository
from luke_qa.cgroups import available_cores
from ops.instance import free_ports
from ops.layout import MODEL_NAME
from ops.ports import find_free_ports
from ops.profiles import MODEL_CONFIG
from ops.server import make_instance, start, stop


class Running(ABC):
    """A server of ``archive``, which lives under ``home``.

    Attributes:
        addresses: for the client, by protocol.
        url: where a question is posted.
    """

    name: ClassVar[str]
    addresses: Mapping[str, str]
    url: str

    @abstractmethod
    def start(self) -> None:
        """Start it, and wait until it is ready."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it."""

    @abstractmethod
    def front(self) -> psutil.Process:
        """The process that takes requests."""

    @abstractmethod
    def computed(self) -> float:
        """How many answers it has computed so far."""

    def body(self, pair: Pair) -> bytes:
        """The body of a request with this question."""
        return pair.body()

    def read(self, body: bytes) -> tuple[str, int | None]:
        """The answer in a reply, and its offset."""
        answer = json.loads(body)
        return answer["answer"], answer["start"]

    def answers(self, pair: Pair) -> bool:
        """Whether it answers a question now."""
        try:
            reply = requests.post(self.url, self.body(pair), headers={"Content-Type": "application/json"}, timeout=5)
            return reply.ok and bool(self.read(reply.content))
        except (requests.RequestException, ValueError, LookupError, TypeError):
            return False

    def megabytes(self) -> float:
        """The memory of all its processes: a page that n processes share counts 1/n for each."""
        front = self.front()
        family = [front, *front.children(recursive=True), *(front.parents()[:1] if self.is_supervised else ())]
        pss: float = sum(process.memory_full_info().pss for process in family)
        return pss / 1e6

    is_supervised: ClassVar[bool] = True  # its front is started again when it dies


class TorchServe(Running):
    name = "TorchServe"

    def __init__(self, archive: Path, home: Path) -> None:
        self._archive = archive
        self._instance = make_instance(home, free_ports())
        url = self._instance.inference_url
        grpc = self._instance.properties["grpc_inference_port"]
        self.addresses = {"http": url, "grpc": f"grpc://127.0.0.1:{grpc}"}
        self.url = f"{url}/predictions/{MODEL_NAME}"

    def start(self) -> None:
        start(self._instance, self._archive, self._instance.home / "logs")

    def stop(self) -> None:
        stop(self._instance)

    def front(self) -> psutil.Process:
        java = self._instance.process()
        assert java is not None
        return java

    def computed(self) -> float:
        return _count(f"{self._instance.control_url}/metrics")


class _OpenInference(Running):
    """A server whose requests and replies are tensors."""

    def _listens_at(self, place: TritonPlace | kserve.Place) -> None:
        ports = place.ports
        self.addresses = {"http": f"triton://127.0.0.1:{ports.http}", "grpc": f"triton+grpc://127.0.0.1:{ports.grpc}"}
        self.url = f"{place.url}/v2/models/{MODEL_NAME}/infer"

    def body(self, pair: Pair) -> bytes:
        tensor = {"name": "request", "shape": [1, 1], "datatype": "BYTES", "data": [pair.body().decode()]}
        return json.dumps({"inputs": [tensor]}).encode()

    def read(self, body: bytes) -> tuple[str, int | None]:
        outputs = {each["name"]: each["data"][0] for each in json.loads(body)["outputs"]}
        return super().read(outputs["response"])


class Triton(_OpenInference):
    name = "Triton"

    def __init__(self, archive: Path, home: Path) -> None:
        self._place = TritonPlace(home, home / "repository", TritonPorts(*find_free_ports(3)))
        home.mkdir(parents=True)
        build_repository(archive, self._place.repository, Machine(available_cores(), 0), gpu=False)
        self._listens_at(self._place)

    def start(self) -> None:
        triton.start(self._place)

    def stop(self) -> None:
        triton.stop(self._place)

    def front(self) -> psutil.Process:
        supervisor = self._place.process()
        assert supervisor is not None
        (server,) = supervisor.children()
        return server

    def computed(self) -> float:
        return _count(f"http://127.0.0.1:{self._place.ports.metrics}/metrics")


class KServe(_OpenInference):
    name = "KServe"
    is_supervised = False  # the kubelet does that

    def __init__(self, archive: Path, home: Path) -> None:
        self._place = kserve.Place(home, home / "model", kserve.Ports(*find_free_ports(2)))
        write_directory(archive, self._place.directory)
        self._listens_at(self._place)

    def start(self) -> None:
        kserve.start(self._place)

    def stop(self) -> None:
        kserve.stop(self._place)

    def front(self) -> psutil.Process:
        process = self._place.process()
        assert process is not None
        return process

    def computed(self) -> float:
        return _count(f"{self._place.url}/metrics")


SERVERS: Final[Mapping[str, type[TorchServe | Triton | KServe]]] = {
    "torchserve": TorchServe,
    "triton": Triton,
    "kserve": KServe,
}


@contextmanager
def running(server: Running) -> Iterator[Running]:
    """The server, started; it is stopped whatever has become of it."""
    try:
        server.start()
        yield server
    finally:
        server.stop()


def seconds_until(condition: Callable[[], object], since: float, limit: float = 120.0) -> float:
    """Wait until the condition holds; return the seconds since ``since``, infinity for never."""
    while not condition():
        if time.monotonic() - since > limit:
            return float("inf")
        time.sleep(0.02)
    return time.monotonic() - since


def read_config(archive: Path, directory: Path) -> tuple[Path, dict[str, Any]]:
    """Unpack the archive for the bare engine; return its directory and its model-config.yaml."""
    shutil.unpack_archive(archive, directory, "zip")
    config: dict[str, Any] = yaml.safe_load((directory / MODEL_CONFIG.name).read_text("utf-8"))
    return directory, config


def _count(url: str) -> float:
    """The answers that a server's metrics have counted."""
    text = requests.get(url, timeout=30).text
    return sum(map(float, re.findall(r'^luke_qa_requests_total\{[^}]*outcome="ok"[^}]*\} (\S+)', text, re.MULTILINE)))
