"""The health protocol of gRPC, over a real connection."""

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ops.grpc_health import INFERENCE, LIVE, GrpcHealth
from ops.health import Health
from ops.instance import PropertyError
from ops.observation import Observation, Worker
from ops.ports import find_free_port
from ops.production import open_addresses
from ops.server import make_instance
from tests.support import waiting

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

wait_for = partial(waiting.wait_for, seconds=60)


class Caller:
    """Asks as ``grpc_health_probe`` does."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address)
        self.stub = health_pb2_grpc.HealthStub(self.channel)

    def check(self, service: str = "") -> int:
        return int(self.stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=30).status)


@pytest.fixture
def health() -> Health:
    return Health(1e6, 1e6)


@pytest.fixture
def asked() -> list[bool]:
    return []


@pytest.fixture
def caller(health: Health, asked: list[bool]) -> Iterator[Caller]:
    address = f"127.0.0.1:{find_free_port()}"
    server = GrpcHealth(address, health, lambda: asked.append(True))
    caller = Caller(address)
    yield caller
    caller.channel.close()
    server.close()


def become_ready(health: Health) -> None:
    health.observed(Observation((Worker(1, "READY"),), wanted=1))
    health.canary_answered()


@pytest.mark.parametrize("service", ["", INFERENCE])
def test_the_status_is_that_of_readiness(caller: Caller, health: Health, service: str) -> None:
    assert caller.check(service) == NOT_SERVING
    become_ready(health)
    wait_for(lambda: caller.check(service) == SERVING)
    health.drain()
    wait_for(lambda: caller.check(service) == NOT_SERVING)


def test_the_supervisor_itself_is_live(caller: Caller, health: Health) -> None:
    assert caller.check(LIVE) == SERVING


def test_an_unknown_service_is_not_found(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        caller.check("nowhere")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


def test_who_watches_is_told_of_every_change(caller: Caller, health: Health) -> None:
    watching = caller.stub.Watch(health_pb2.HealthCheckRequest(), timeout=60)
    assert next(watching).status == NOT_SERVING
    become_ready(health)
    assert next(watching).status == SERVING
    health.drain()
    assert next(watching).status == NOT_SERVING
    watching.cancel()


def test_who_asks_is_noted(caller: Caller, asked: list[bool]) -> None:
    caller.check()
    assert asked


def test_a_taken_address_is_said(health: Health) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(OSError, match=f"{address} is taken"):
            GrpcHealth(address, health, lambda: None)


def test_it_is_off_unless_it_has_a_port(tmp_path: Path) -> None:
    instance = make_instance(tmp_path)
    assert instance.grpc_health_address is None
    assert "grpc_health_address" not in [name for name, _, _ in instance.addresses()]


def test_its_port_is_one_of_the_servers(tmp_path: Path) -> None:
    instance = make_instance(tmp_path, {"grpc_health_port": "7072", "grpc_health_address": "0.0.0.0"})
    assert instance.grpc_health_address == "0.0.0.0:7072"
    assert ("0.0.0.0", 7072) in list(instance.ports())
    assert list(open_addresses(instance)) == ["grpc_health_address"]
    with pytest.raises(PropertyError, match="grpc_health_port must be a whole number, not 'x'"):
        list(make_instance(tmp_path, {"grpc_health_port": "x"}).ports())
