"""One TorchServe instance on this machine: its home, addresses, keys and process."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests

from ops.errors import OpsError
from ops.ports import find_free_ports, is_taken

SERVER = ("org.pytorch.serve.ModelServer",)  # in java's command line
SUPERVISOR = ("ops", "serve")  # python -m ops serve
PROPERTIES = "config.properties"  # in the home: the settings that the server was started with
KEY_FILE = "key_file.json"  # TorchServe writes it into its working directory
KEY_MARGIN = timedelta(seconds=30)  # before a key ends; the supervisor needs it every few seconds


class PropertyError(OpsError):
    """A line of config.properties is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A server configured by ``properties``, with its process id and keys under ``home``."""

    home: Path
    properties: Mapping[str, str]

    @property
    def temporary(self) -> Path:
        """Temporary files of the server and its workers."""
        return self.home / "tmp"

    @property
    def metrics_directory(self) -> Path:
        """Where the workers write their metrics."""
        return self.home / "metrics"

    @property
    def pid_file(self) -> Path:
        return self.temporary / ".model_server.pid"

    @property
    def supervisor_file(self) -> Path:
        """The process id of the supervisor."""
        return self.home / "supervisor.pid"

    @property
    def control_url(self) -> str:
        return self.properties["control_address"]

    @property
    def grpc_health_address(self) -> str | None:
        """Where ``grpc.health.v1`` is served, as ``host:port``; None if it is not.

        Raises:
            PropertyError: the port is not a number.
        """
        if not self.properties.get("grpc_health_port"):
            return None
        return f"{self.properties['grpc_health_address']}:{int(self._number('grpc_health_port'))}"

    @property
    def inference_url(self) -> str:
        return self.properties["inference_address"]

    @property
    def management_url(self) -> str:
        return self.properties["management_address"]

    @property
    def needs_token(self) -> bool:
        return self.properties.get("disable_token_authorization") != "true"

    @property
    def is_production(self) -> bool:
        """Whether it is for production, where nothing of it may be open to a network.

        Raises:
            PropertyError: the property is neither true nor false.
        """
        given = self.properties.get("production", "false")
        if given not in ("true", "false"):
            raise PropertyError(f"config.properties: production must be true or false, not {given!r}.")
        return given == "true"

    def process(self) -> psutil.Process | None:
        """The server's process (java), if it runs."""
        return _process(self.pid_file, SERVER)

    def supervisor(self) -> psutil.Process | None:
        """The process that watches over the server, if it runs."""
        return _process(self.supervisor_file, SUPERVISOR)

    def is_orphaned(self) -> bool:
        """Return whether java runs without the supervisor that started it.

        A TorchServe that its own command started never had one.
        """
        return self.process() is not None and self.supervisor_file.exists() and self.supervisor() is None

    def ports(self) -> Iterator[tuple[str, int]]:
        """Every (host, port) that the server listens on.

        Raises:
            PropertyError: one of them cannot be read.
        """
        for _, host, port in self.addresses():
            yield host, port

    def addresses(self) -> Iterator[tuple[str, str, int]]:
        """Every address that the server listens on: the property that names it, host and port.

        Raises:
            PropertyError: one of them cannot be read.
        """
        for service in ("inference", "management", "metrics", "control"):
            yield f"{service}_address", *self._address(f"{service}_address")
        for service in ("inference", "management", *(["health"] if self.grpc_health_address else [])):
            name = f"grpc_{service}_address"
            yield name, self.properties[name], int(self._number(f"grpc_{service}_port"))

    def taken_ports(self) -> list[int]:
        """The server's ports that are already in use."""
        return [port for host, port in self.ports() if is_taken(host, port)]

    @property
    def drain_timeout(self) -> float:
        """Seconds that the requests in flight get when the server stops.

        Raises:
            PropertyError: it is not a number.
        """
        return self._number("drain_timeout")

    def key(self, name: str) -> str | None:
        """TorchServe's ``inference``, ``management`` or ``API`` key; None before TorchServe has written it."""
        try:
            key: str = self._keys()[name]["key"]
        except (OSError, ValueError, KeyError):
            return None
        return key

    def headers(self, name: str) -> dict[str, str]:
        """The headers that authorize a request with the key ``name``; empty if tokens are off.

        TorchServe's keys end after an hour, and it makes new ones only if it is asked to. So one that ends soon is
        exchanged here: a caller who is refused then finds the new one in the file.
        """
        if self.needs_token and self._ends_soon(name):
            renewed = requests.get(
                f"{self.management_url}/token",
                params={"type": name},
                headers={"Authorization": f"Bearer {self.key('API')}"},
                timeout=5,
            )
            renewed.raise_for_status()
        key = self.key(name) if self.needs_token else None
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _ends_soon(self, name: str) -> bool:
        try:
            ends = datetime.fromisoformat(self._keys()[name]["expiration time"])
            return ends <= datetime.now(UTC) + KEY_MARGIN
        except (OSError, ValueError, KeyError, TypeError):  # it has no end, as the API key, or is not there yet
            return False

    def _keys(self) -> Any:
        return json.loads((self.home / KEY_FILE).read_text("utf-8"))

    def _address(self, name: str) -> tuple[str, int]:
        given = self.properties.get(name, "")
        try:
            url = urlsplit(given)
            if url.hostname and url.port:
                return url.hostname, url.port
        except ValueError:
            pass
        raise PropertyError(f"config.properties: {name} must be like http://127.0.0.1:8080, not {given!r}.")

    def _number(self, name: str) -> float:
        given = self.properties.get(name, "")
        if not given.isdecimal():
            raise PropertyError(f"config.properties: {name} must be a whole number, not {given!r}.")
        return float(given)


def read_properties(file: Path) -> dict[str, str]:
    """Read a Java properties file of plain ``key=value`` lines."""
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def write_properties(properties: Mapping[str, str], file: Path) -> None:
    file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), "utf-8")


def free_ports() -> dict[str, str]:
    """Properties that give every address of a server a free port on loopback."""
    ports = find_free_ports(6)
    return {
        "inference_address": f"http://127.0.0.1:{ports[0]}",
        "management_address": f"http://127.0.0.1:{ports[1]}",
        "metrics_address": f"http://127.0.0.1:{ports[2]}",
        "grpc_inference_port": str(ports[3]),
        "grpc_management_port": str(ports[4]),
        "control_address": f"http://127.0.0.1:{ports[5]}",
    }


def _process(file: Path, marks: tuple[str, ...]) -> psutil.Process | None:
    """The process whose id is in ``file``. It may be stale and its number reused, so the command line decides."""
    try:
        process = psutil.Process(int(file.read_text()))
        ours = set(marks) <= set(process.cmdline())
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None
