"""The proxy's settings: one typed object, from which the configurations of HAProxy and nginx are rendered."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

Port = Annotated[int, Field(ge=1, le=65535, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Seconds = Annotated[float, Field(gt=0)]
# Names and paths become words of a configuration file: no blanks, quotes or comment signs.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]
PlainPath = Annotated[Path, AfterValidator(lambda path: _check_path(path))]
Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?$")]
BindAddress = Annotated[str, Field(pattern=r"^([0-9.]+|\[[0-9a-fA-F:]+\]|\*):\d{1,5}$")]

_FORBID = ConfigDict(extra="forbid")
_UNIX_PATH = 90  # bytes; the kernel allows 107, and the name of a socket follows the directory


class ProxyError(Exception):
    """A setting of the proxy is unknown or wrong. The message names it and says what is allowed."""


@dataclass(frozen=True, config=_FORBID)
class Server:
    """One instance of the server, by its inference ports and the port of its control address."""

    name: Name
    host: Host = "127.0.0.1"
    http: Port = 8080
    grpc: Port = 7070
    control: Port = 8079  # GET /ready there decides whether the instance gets requests
    workers: Count = 2
    # Requests that it has at a time; null: two for each worker, one that it computes and one that is next. Where
    # workers compute batches, as on a GPU: those of all (workers x batchSize), and at most jobQueueSize more.
    slots: Count | None = None

    @property
    def total_slots(self) -> int:
        """Requests that the server has at a time."""
        return self.slots or 2 * self.workers

    @property
    def large_slots(self) -> int:
        """Large requests among them: what all workers but one compute, so that one always answers small requests."""
        return max(1, self.total_slots // 2 * (self.workers - 1) // self.workers)


@dataclass(frozen=True, config=_FORBID)
class Proxy:
    """What an operator can choose. Sizes are in bytes, times in seconds."""

    servers: Annotated[tuple[Server, ...], Field(min_length=1)] = (Server("a"),)
    http: BindAddress = "127.0.0.1:9080"
    grpc: BindAddress | None = "127.0.0.1:9070"
    exporter: BindAddress = "127.0.0.1:9101"  # Prometheus metrics of the proxy
    certificate: PlainPath | None = None  # PEM: the certificate, its chain and its key
    keys: PlainPath | None = None  # one key a line: its SHA-256 in lower-case hex, a blank, its name
    # For callers from a network, who need keys and get TLS. Nothing but the two addresses above may be open.
    production: bool = False
    # Whoever reaches the addresses may: there needs to be neither certificate nor keys beyond loopback.
    trusted_network: bool = False
    origins: tuple[Origin, ...] = ()  # web pages that may ask from a browser (CORS)
    configuration: PlainPath = Path("/etc/luke-qa-proxy")  # where HAProxy finds its two files
    run: PlainPath = Path("/run/luke-qa-proxy")  # for the sockets; only the proxy's user may enter it

    max_body: Count = 3_000_000  # TorchServe's max_request_size
    large_body: Count = 16_384  # a larger body is a large request
    connections: Count = 4_000  # clients of each protocol, idle ones included; each may take two file descriptors
    large_requests: Count = 128  # large requests in the proxy: its memory is bounded by them
    queue: Count = 100  # requests that may wait for a slot, small and large apart
    wrong_keys: Count = 20  # a minute from an address; beyond it wrong keys are answered 429

    check_timeout: Seconds = 2  # for the server's reply to GET /ready; two late ones in a row take it out
    header_timeout: Seconds = 10
    body_timeout: Seconds = 20
    queue_timeout: Seconds = 60
    answer_timeout: Seconds = 130  # above TorchServe's responseTimeout, so that its reason arrives
    idle_timeout: Seconds = 60

    @property
    def profile(self) -> str:
        """Who may ask, in a line for the operator."""
        addresses = " and ".join(address for address in (self.http, self.grpc) if address)
        if self.production:
            return f"Production: {addresses}, for callers with a key, over TLS."
        if self.trusted_network:
            return f"Trusted network: {addresses}, for whoever reaches them. Something in front must have TLS and keys."
        return f"Dev: {addresses}, for callers on this machine."

    @model_validator(mode="after")
    def _check(self) -> "Proxy":
        names = [server.name for server in self.servers]
        if len(set(names)) < len(names):
            raise ValueError("two servers have the same name; every server needs its own")
        if len(str(self.run)) > _UNIX_PATH:
            raise ValueError(f"run is longer than {_UNIX_PATH} characters; a socket's path must be short")
        self._check_openness()
        return self

    def _check_openness(self) -> None:
        if self.production and self.trusted_network:
            raise ValueError("production trusts no network: leave out trusted_network, or production")
        if self.production and not (self.certificate and self.keys):
            missing = "keys" if self.certificate else "a certificate" if self.keys else "a certificate and keys"
            raise ValueError(f"production needs {missing}: set certificate and keys")
        if self.trusted_network:
            return
        if not is_loopback(self.exporter):
            raise ValueError(
                "exporter must be a loopback address; let Prometheus reach it there, or set trusted_network: true"
            )
        public = [address for address in (self.http, self.grpc) if address and not is_loopback(address)]
        if public and not self.production:
            raise ValueError(
                f"{public[0]} is open to a network: set production: true, with a certificate and keys, "
                "or trusted_network: true where something in front has them"
            )


def _check_path(path: Path) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9_./-]+", str(path)):
        raise ValueError("a path may hold letters, digits, and the characters _ . / -")
    return path


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches the address ``host:port``."""
    host = address.rpartition(":")[0].strip("[]")
    return host != "*" and ipaddress.ip_address(host).is_loopback


def read_proxy(file: Path) -> Proxy:
    """Read the settings from a YAML file.

    Raises:
        ProxyError: the file is no mapping, or a setting is unknown or wrong.
    """
    try:
        content: Any = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProxyError(f"{file} cannot be read: {error}") from error
    content = {} if content is None else content
    if not isinstance(content, Mapping):
        raise ProxyError(f"{file} must be a mapping of settings.")
    try:
        return TypeAdapter(Proxy).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        if first["type"] == "unexpected_keyword_argument":
            kind = Server if where.startswith("servers.") else Proxy
            known = ", ".join(kind.__dataclass_fields__)
            raise ProxyError(f"{file}: {where} is not a setting. The settings are: {known}.") from error
        reason = first["msg"].removeprefix("Value error, ")
        raise ProxyError(f"{file}: {where}: {reason}." if where else f"{file}: {reason}.") from error
