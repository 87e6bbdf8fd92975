"""The client against Triton: the same table as against TorchServe, and what only Triton does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import pytest

from luke_qa_client import (
    LukeQAError,
    ServerError,
    _policy,
)
from tests.support.clients import WAYS
from tests.support.open_inference import play, scenarios
from tests.support.pauses import TOO_LONG, pauses
from tests.support.scenarios import CONTEXT, QUESTION, STRAWBERRY, Failed, Scenario
from tests.triton.served import QUEUE_SIZE, Served, wait_for


@contextmanager
def full(server: Served) -> Iterator[None]:
    """The model computes, and its queue is full."""
    with server.busy(), ThreadPoolExecutor(QUEUE_SIZE) as pool:
        question = {"question": QUESTION, "context": CONTEXT}
        waiting = [pool.submit(server.infer, question) for _ in range(QUEUE_SIZE)]
        wait_for(lambda: server.metric("nv_inference_pending_request_count") >= QUEUE_SIZE)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))
            yield
        assert not any(each.done() for each in waiting)


@contextmanager
def killed(server: Served) -> Iterator[None]:
    """The only process of the model has died; the supervisor gives it another."""
    (stub,) = server.stubs()
    stub.kill()
    yield


@contextmanager
def killed_and_given_up(server: Served) -> Iterator[None]:
    (stub,) = server.stubs()
    stub.kill()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))
        yield
    wait_for(lambda: server.infer({"question": QUESTION, "context": CONTEXT}).ok)


DEATHS: Final[list[Scenario[Served]]] = [
    Scenario("a model that died, and no retry", [Failed(ServerError, 500, "worker_died")], server=killed_and_given_up),
    Scenario("a model that died, and time", [STRAWBERRY], client={"total_timeout": 250}, server=killed),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scenario", scenarios(full), ids=str)
def test_the_outcome_is_that_of_torchserve(scenario: Scenario[Served], way: str, triton: Served) -> None:
    play(scenario, way, triton)


@pytest.mark.parametrize("way", ["requests", "grpc"])  # each death takes a start of the model
@pytest.mark.parametrize("scenario", DEATHS, ids=str)
def test_a_model_that_died_is_loaded_again(scenario: Scenario[Served], way: str, triton: Served) -> None:
    play(scenario, way, triton)


@pytest.mark.parametrize("way", WAYS)
def test_the_models_health_is_told(way: str, triton: Served) -> None:
    grpc, opens = WAYS[way]
    with opens(triton.url(grpc=grpc)) as client:
        assert client.health().ready
    with opens(triton.url(grpc=grpc), model="luke-large") as client:
        assert not client.health().ready


def test_a_triton_that_died_is_started_again(triton: Served) -> None:
    _, opens = WAYS["requests"]
    before = triton.triton()
    with opens(triton.url(grpc=False), timeout=60, total_timeout=250) as client:

        def ask() -> str:
            try:
                return str(client.ask(QUESTION, CONTEXT).answer)
            except LukeQAError as error:
                return repr(error)

        with triton.callers(ask) as answers:
            before.kill()
    assert set(answers) == {"苺"}
    assert triton.triton().pid != before.pid
