"""The client against a live server, the same over requests, httpx, gRPC and grpc.aio.

What a live server cannot be made to do at will is in tests/unit/client/test_scenarios.py.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import pytest

from luke_qa_client import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    NotFoundError,
    TimedOutError,
    TooLargeError,
    _policy,
)
from ops.instance import free_ports
from tests.integration.guarded import Guarded
from tests.support.clients import WAYS, Client
from tests.support.scenarios import CONTEXT, QUESTION, Scenario, asks, asks_many

HOBBY: Final = "趣味は何ですか"
HOUR: Final = 3600.0


@contextmanager
def key_expires(server: Guarded) -> Iterator[Mapping[str, Any]]:
    """The key that the client has first is good no more."""
    first = iter([server.key])
    server.rotate()
    yield {"token": lambda: next(first, server.key)}


@contextmanager
def key_file(server: Guarded) -> Iterator[Mapping[str, Any]]:
    yield {"token": None, "key_file": server.key_file}


def clock_is_off(seconds: float) -> Callable[[Guarded], AbstractContextManager[None]]:
    """The client's clock, that is, whose host has none that is set."""

    @contextmanager
    def server(guarded: Guarded) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_policy, "_now", lambda: time.time() + seconds)
            yield

    return server


@contextmanager
def stopped(server: Guarded) -> Iterator[None]:
    with server.stopped():
        yield


@contextmanager
def stopped_for_a_while(server: Guarded) -> Iterator[None]:
    """The first request hangs, and is never answered in its time."""
    done = threading.Event()

    def stop_for_a_while() -> None:
        with server.stopped():
            began.set()
            done.wait(1.2)

    began = threading.Event()
    thread = threading.Thread(target=stop_for_a_while)
    thread.start()
    assert began.wait(30)
    yield
    done.set()
    thread.join()


@contextmanager
def elsewhere(server: Guarded) -> Iterator[Mapping[str, Any]]:
    """Nobody listens where the client asks."""
    yield {"port": free_ports()["grpc_inference_port"]}


SCENARIOS: Final[list[Scenario[Guarded]]] = [
    Scenario("an answer", ["苺"]),
    Scenario("an answer in one of many documents", ["苺"], asks(context=["明日は雨でしょう。", CONTEXT])),
    Scenario("every option", ["苺"], asks(top_k=3, max_answer_len=9, max_seq_len=64, doc_stride=16, offsets="utf16")),
    Scenario("a blank question", [(BadRequestError, "question")], asks(question=" ")),
    Scenario("a blank context", [(BadRequestError, "context")], asks(context="")),
    Scenario("a blank document", [(BadRequestError, "context[1]")], asks(context=[CONTEXT, ""])),
    Scenario("an option beyond its range", [(BadRequestError, "top_k")], asks(top_k=0)),
    Scenario("an option that is none", [(BadRequestError, "offsets")], asks(offsets="bytes")),
    Scenario("a deadline that is none", [(BadRequestError, "deadline_ms")], asks(deadline_ms="soon")),
    Scenario("a question longer than the window", [(BadRequestError, "question")], asks("何" * 900, CONTEXT * 9)),
    Scenario("a question beyond the limit", [(TooLargeError, "question")], asks("何" * 1001)),
    Scenario("a context beyond the limit", [(TooLargeError, "context")], asks(context="何" * 200_001)),
    Scenario("a request beyond the server's size", [(TooLargeError, None)], asks(context="何" * 1_100_000)),
    Scenario("another model", [(NotFoundError, None)], client={"model": "luke-large"}),
    Scenario("no key", [(AuthenticationError, None)], client={"token": None}),
    Scenario("a wrong key", [(AuthenticationError, None)], client={"token": "wrong"}),
    Scenario("a function that has only a wrong key", [(AuthenticationError, None)], client={"token": lambda: "wrong"}),
    Scenario("a key from TorchServe's file", ["苺"], server=key_file),
    Scenario("a key that expires", ["苺"], server=key_expires),
    Scenario("a deadline that has passed", [(TimedOutError, "deadline_ms")], asks(deadline_ms=1_700_000_000_000)),
    Scenario("a deadline that is far", ["苺"], asks(deadline_ms=1_900_000_000_000)),
    Scenario("a clock that is an hour behind", ["苺"], server=clock_is_off(-HOUR)),
    Scenario("a clock that is an hour ahead", ["苺"], server=clock_is_off(HOUR)),
    Scenario(
        "a worker that does not answer",
        [(TimedOutError, None)],
        client={"timeout": 0.4, "total_timeout": 1.0},
        server=stopped,
    ),
    Scenario("a worker that does not answer for a while", ["苺"], client={"timeout": 1.0}, server=stopped_for_a_while),
    Scenario("no server", [(ConnectionFailedError, None)], client={"total_timeout": 0.5}, server=elsewhere),
    Scenario("many", ["苺", "皆さんと会話すること"] * 40, asks_many(*[(QUESTION, CONTEXT), (HOBBY, CONTEXT)] * 40)),
    Scenario(
        "many, a bad one among them",
        ["苺", (BadRequestError, "question"), "皆さんと会話すること"],
        asks_many((QUESTION, CONTEXT), ("", CONTEXT), (HOBBY, CONTEXT)),
    ),
    Scenario("many, when the key expires", ["苺"] * 20, asks_many(*[(QUESTION, CONTEXT)] * 20), server=key_expires),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_outcome_is_the_same_whatever_the_way(scenario: Scenario[Guarded], way: str, guarded: Guarded) -> None:
    grpc, opens = WAYS[way]

    def open_client(port: str | None = None, **arguments: Any) -> Client:
        url = guarded.url(grpc=grpc)
        if port is not None:
            url = f"{'grpc' if grpc else 'http'}://127.0.0.1:{port}"
        return opens(url, **{"token": guarded.key, "timeout": 60, **arguments})

    assert scenario.run(open_client, guarded) == scenario.outcome


@pytest.mark.parametrize("way", WAYS)
def test_the_servers_health_is_told(way: str, guarded: Guarded) -> None:
    grpc, opens = WAYS[way]
    with opens(guarded.url(grpc=grpc), token=guarded.key) as client:
        assert client.health().ready
