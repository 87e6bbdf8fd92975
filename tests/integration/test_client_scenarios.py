"""The client against a live server, with the same outcome over requests, httpx, gRPC and grpc.aio.

What a live server does not do on demand is in tests/unit/client/test_scenarios.py.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest

from luke_qa_client import (
    AuthenticationError,
    ConnectionFailedError,
    Document,
    LukeQAClient,
    NotFoundError,
    OverloadedError,
    ServerError,
    TimedOutError,
    TooLargeError,
    _policy,
)
from ops.instance import free_ports
from tests.integration.guarded import QUEUE_SIZE, Guarded
from tests.support.clients import WAYS, Client
from tests.support.pauses import TOO_LONG, pauses
from tests.support.scenarios import (
    CONTEXT,
    QUESTION,
    REQUESTS,
    STRAWBERRY,
    ByProtocol,
    Failed,
    OneOf,
    Scenario,
    asks,
    asks_many,
)


@contextmanager
def key_expires(server: Guarded) -> Iterator[Mapping[str, Any]]:
    """The client's first key has expired."""
    first = iter([server.key])
    server.rotate()
    yield {"token": lambda: next(first, server.key)}


@contextmanager
def key_file(server: Guarded) -> Iterator[Mapping[str, Any]]:
    yield {"token": None, "key_file": server.key_file}


@contextmanager
def stopped(server: Guarded) -> Iterator[None]:
    with server.stopped():
        yield


@contextmanager
def stopped_for_a_while(server: Guarded) -> Iterator[None]:
    """The first request times out."""
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
def full(server: Guarded) -> Iterator[None]:
    """The worker does not answer, and its queue is full. No question is asked twice."""
    with server.stopped(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))
        with LukeQAClient(server.url(grpc=False), token=server.key, timeout=0.5, total_timeout=0.5) as client:
            pairs = [(QUESTION, f"{CONTEXT}{number}") for number in range(QUEUE_SIZE + 2)]
            ends, refused = time.monotonic() + 60, False
            while not refused:  # what TorchServe has taken stays in its queue, although the client has left
                assert time.monotonic() < ends
                results = list(client.ask_many(pairs, concurrency=len(pairs)))
                refused = any(isinstance(result, OverloadedError) for result in results)
        yield


@contextmanager
def killed(server: Guarded) -> Iterator[None]:
    """The worker dies with the first request."""
    before = server.worker()
    with server.killed():
        yield
    assert server.worker() != before


@contextmanager
def killed_and_given_up(server: Guarded) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, server.killed():
        patch.setattr(_policy, "draw_backoff", pauses(TOO_LONG))
        yield


@contextmanager
def elsewhere(server: Guarded) -> Iterator[Mapping[str, Any]]:
    """Nothing listens at the client's address, and it tries twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_policy, "draw_backoff", pauses(0.05, TOO_LONG))
        yield {"port": free_ports()["grpc_inference_port"]}


NO_KEY: Final = ByProtocol(
    Failed(AuthenticationError, 400, "InvalidKeyException"), Failed(AuthenticationError, 403, "PERMISSION_DENIED")
)

SCENARIOS: Final[list[Scenario[Guarded]]] = [
    *REQUESTS,
    Scenario(
        "a request beyond the server's size",
        [ByProtocol(Failed(TooLargeError, 413), Failed(TooLargeError, 413, "CANCELLED"))],
        asks(context=Document(CONTEXT, title="何" * 1_100_000)),
    ),
    Scenario("another model", [Failed(NotFoundError, 404, "ModelNotFoundException")], client={"model": "luke-large"}),
    Scenario("no key", [NO_KEY], client={"token": None}),
    Scenario("a wrong key", [NO_KEY], client={"token": "wrong"}),
    Scenario("a function that has only a wrong key", [NO_KEY], client={"token": lambda: "wrong"}),
    Scenario("a key from TorchServe's file", [STRAWBERRY], server=key_file),
    Scenario("a key that expires", [STRAWBERRY], server=key_expires),
    Scenario(
        "a worker that does not answer",
        [ByProtocol(Failed(TimedOutError), Failed(TimedOutError, type="DEADLINE_EXCEEDED"))],
        client={"timeout": 0.4, "total_timeout": 1.0},
        server=stopped,
    ),
    Scenario(
        "a worker that does not answer for a while", [STRAWBERRY], client={"timeout": 1.0}, server=stopped_for_a_while
    ),
    Scenario(
        "a worker that does not answer, and a full queue",
        [Failed(OverloadedError, 503, "ServiceUnavailableException")],
        server=full,
    ),
    Scenario(
        "a worker that dies, and no time for a retry",
        [Failed(ServerError, OneOf(500, 507), "InternalServerException")],
        server=killed_and_given_up,
    ),
    Scenario("a worker that dies, and time", [STRAWBERRY], server=killed),
    Scenario(
        "no server",
        [ByProtocol(Failed(ConnectionFailedError), Failed(ConnectionFailedError, type="UNAVAILABLE"))],
        server=elsewhere,
    ),
    Scenario(
        "many, when the key expires", [STRAWBERRY] * 20, asks_many(*[(QUESTION, CONTEXT)] * 20), server=key_expires
    ),
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

    assert scenario.run(open_client, guarded) == scenario.expected(grpc=grpc)


@pytest.mark.parametrize("way", WAYS)
def test_the_servers_health_is_told(way: str, guarded: Guarded) -> None:
    grpc, opens = WAYS[way]
    with opens(guarded.url(grpc=grpc), token=guarded.key) as client:
        assert client.health().ready
