from collections.abc import Callable, Iterator

import pytest

from luke_qa_client import _policy, _retry
from tests.support.clients import WAYS, Client
from tests.support.pauses import TOO_LONG, pauses
from tests.unit.client.stub import GrpcStub, HttpStub

OpenClient = Callable[..., Client]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses between tries to a hundredth."""
    monkeypatch.setattr(_retry, "PAUSE_BOUNDS", tuple(bound / 100 for bound in _retry.PAUSE_BOUNDS))


@pytest.fixture
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client retries: the pause before it would be longer than the time left."""
    monkeypatch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LUKE_QA_URL", "LUKE_QA_TOKEN", "LUKE_QA_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)


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
    """The HTTP stub and the gRPC stub, in turn."""
    found: HttpStub | GrpcStub = request.getfixturevalue(f"{request.param}_stub")
    return found


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """Each way to ask, in turn."""
    return str(request.param)


@pytest.fixture
def server(request: pytest.FixtureRequest, way: str) -> HttpStub | GrpcStub:
    """The stub for this way."""
    found: HttpStub | GrpcStub = request.getfixturevalue("grpc_stub" if WAYS[way][0] else "http_stub")
    return found


@pytest.fixture
def open_client(way: str, server: HttpStub | GrpcStub) -> OpenClient:
    """A function that opens a client of this way, for the stub unless another address is given."""

    def open(url: str | None = None, **arguments: object) -> Client:
        return WAYS[way][1](server.url if url is None else url, **arguments)

    return open
