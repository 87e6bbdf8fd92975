"""The client against KServe's server: the same table as against TorchServe and Triton."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from luke_qa_client import NotFoundError, _policy
from tests.kserve.served import Served
from tests.support.clients import WAYS
from tests.support.open_inference import play, scenarios
from tests.support.pauses import TOO_LONG, pauses
from tests.support.scenarios import Scenario


@contextmanager
def full(server: Served) -> Iterator[None]:
    with server.full(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))
        yield


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scenario", scenarios(full), ids=str)
def test_the_outcome_is_that_of_torchserve(scenario: Scenario[Served], way: str, kserve: Served) -> None:
    play(scenario, way, kserve)


@pytest.mark.parametrize("way", WAYS)
def test_the_models_health_is_told(way: str, kserve: Served) -> None:
    grpc, opens = WAYS[way]
    with opens(kserve.url(grpc=grpc)) as client:
        assert client.health().ready
    with opens(kserve.url(grpc=grpc), model="luke-large") as client, pytest.raises(NotFoundError):
        client.health()
