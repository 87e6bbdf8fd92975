"""The client against KServe's server: the same table as against TorchServe and Triton."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest

from luke_qa_client import ConnectionFailedError, NotFoundError, OverloadedError, _policy
from ops.instance import find_free_ports
from tests.kserve.served import Served
from tests.support.clients import WAYS, Client
from tests.support.pauses import TOO_LONG, pauses
from tests.support.scenarios import REQUESTS, ByProtocol, Failed, Scenario


@contextmanager
def full(server: Served) -> Iterator[None]:
    with server.full(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))
        yield


@contextmanager
def elsewhere(server: Served) -> Iterator[Mapping[str, Any]]:
    """Nothing listens at the client's address."""
    yield {"port": find_free_ports(1)[0]}


SCENARIOS: Final[list[Scenario[Served]]] = [
    *REQUESTS,
    Scenario("another model", [Failed(NotFoundError, 404, "model_not_found")], client={"model": "luke-large"}),
    Scenario("a full queue", [Failed(OverloadedError, 503, "queue_full")], server=full),
    Scenario(
        "no server",
        [ByProtocol(Failed(ConnectionFailedError), Failed(ConnectionFailedError, type="UNAVAILABLE"))],
        client={"total_timeout": 0.5},
        server=elsewhere,
    ),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_outcome_is_that_of_torchserve(scenario: Scenario[Served], way: str, kserve: Served) -> None:
    grpc, opens = WAYS[way]

    def open_client(port: int | None = None, **arguments: Any) -> Client:
        url = kserve.url(grpc=grpc)
        if port is not None:
            url = f"{'triton+grpc' if grpc else 'triton'}://127.0.0.1:{port}"
        return opens(url, **{"timeout": 60, **arguments})

    assert scenario.run(open_client, kserve) == scenario.expected(grpc=grpc)


@pytest.mark.parametrize("way", WAYS)
def test_the_models_health_is_told(way: str, kserve: Served) -> None:
    grpc, opens = WAYS[way]
    with opens(kserve.url(grpc=grpc)) as client:
        assert client.health().ready
    with opens(kserve.url(grpc=grpc), model="luke-large") as client, pytest.raises(NotFoundError):
        client.health()
