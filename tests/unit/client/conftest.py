from collections.abc import Iterator

import pytest

from tests.unit.client.stub import GrpcStub, HttpStub


@pytest.fixture
def http_stub() -> Iterator[HttpStub]:
    stub = HttpStub()
    yield stub
    stub.close()


@pytest.fixture
def grpc_stub() -> Iterator[GrpcStub]:
    stub = GrpcStub()
    yield stub
    stub.close()


@pytest.fixture(params=["http", "grpc"])
def stub(request: pytest.FixtureRequest) -> HttpStub | GrpcStub:
    """One server after the other: what is tested with it holds over both transports."""
    found: HttpStub | GrpcStub = request.getfixturevalue(f"{request.param}_stub")
    return found
