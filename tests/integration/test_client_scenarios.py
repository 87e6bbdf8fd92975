"""The client against a live server, with the same outcome over requests, httpx, gRPC and grpc.aio.

What a live server does not do on demand is in tests/unit/client/test_scenarios.py.
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
    ByProtocol,
    Failed,
    OneOf,
    Scenario,
    asks,
    asks_many,
    found,
)

HOBBY: Final = "趣味は何ですか"
HOUR: Final = 3600.0


@contextmanager
def key_expires(server: Guarded) -> Iterator[Mapping[str, Any]]:
    """The client's first key has expired."""
    first = iter([server.key])
    server.rotate()
    yield {"token": lambda: next(first, server.key)}


@contextmanager
def key_file(server: Guarded) -> Iterator[Mapping[str, Any]]:
    yield {"token": None, "key_file": server.key_file}


def clock_is_off(seconds: float) -> Callable[[Guarded], AbstractContextManager[None]]:
    """Shift the client's clock against the server's."""

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
    """The worker does not answer, and its queue is full."""
    with server.stopped():
        with LukeQAClient(server.url(grpc=False), token=server.key, timeout=0.5, total_timeout=0.5) as client:
            pairs = [(QUESTION, f"{CONTEXT}{number}") for number in range(QUEUE_SIZE + 2)]
            results = list(client.ask_many(pairs, concurrency=len(pairs)))
        assert any(isinstance(result, OverloadedError) for result in results)
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
    """Nothing listens at the client's address."""
    yield {"port": free_ports()["grpc_inference_port"]}


STRAWBERRY: Final = found("苺", 0.9996)
CHATS: Final = found("皆さんと会話すること", 0.8926)
NO_KEY: Final = ByProtocol(
    Failed(AuthenticationError, 400, "InvalidKeyException"), Failed(AuthenticationError, 403, "PERMISSION_DENIED")
)

SCENARIOS: Final[list[Scenario[Guarded]]] = [
    Scenario("an answer", [STRAWBERRY]),
    Scenario(
        "an answer in one of many documents",
        [found("苺", 0.9996, document=1)],
        asks(context=["明日は雨でしょう。", CONTEXT]),
    ),
    Scenario(
        "every option",
        [found("苺", 0.999)],
        asks(
            top_k=3,
            max_answer_len=9,
            max_seq_len=64,
            doc_stride=16,
            handle_impossible_answer=True,
            offsets="utf16",
            deadline_ms=1_900_000_000_000,
        ),
    ),
    Scenario("a blank question", [Failed(BadRequestError, 400, "invalid_value", "question")], asks(question=" ")),
    Scenario("a blank context", [Failed(BadRequestError, 400, "invalid_value", "context")], asks(context="")),
    Scenario(
        "a blank document", [Failed(BadRequestError, 400, "invalid_value", "context[1]")], asks(context=[CONTEXT, ""])
    ),
    Scenario("an option beyond its range", [Failed(BadRequestError, 400, "invalid_option", "top_k")], asks(top_k=0)),
    Scenario(
        "an option that is none", [Failed(BadRequestError, 400, "invalid_option", "offsets")], asks(offsets="bytes")
    ),
    Scenario(
        "a deadline that is none",
        [Failed(BadRequestError, 400, "invalid_option", "deadline_ms")],
        asks(deadline_ms="soon"),
    ),
    Scenario(
        "a question longer than the window",
        [Failed(BadRequestError, 400, "question_too_long", "question")],
        asks("何" * 900, CONTEXT * 9),
    ),
    Scenario("a question beyond the limit", [Failed(TooLargeError, 413, "too_large", "question")], asks("何" * 1001)),
    Scenario(
        "windows beyond the limit",
        [Failed(TooLargeError, 413, "too_large", "question")],
        asks(context=CONTEXT * 8_000, max_windows="all", doc_stride=420),
    ),
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
        "a deadline that has passed",
        [Failed(TimedOutError, None, "deadline_exceeded", "deadline_ms")],
        asks(deadline_ms=1_700_000_000_000),
    ),
    Scenario(
        "a deadline that has passed by the server's clock alone",
        [Failed(TimedOutError, 504, "deadline_exceeded", "deadline_ms")],
        asks(deadline_ms=1_700_000_000_000),
        server=clock_is_off(-100_000 * HOUR),
    ),
    Scenario("a deadline that is far", [STRAWBERRY], asks(deadline_ms=1_900_000_000_000)),
    Scenario("a clock that is an hour behind", [STRAWBERRY], server=clock_is_off(-HOUR)),
    Scenario("a clock that is an hour ahead", [STRAWBERRY], server=clock_is_off(HOUR)),
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
        client={"total_timeout": 0.5},
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
        client={"total_timeout": 0.5},
        server=elsewhere,
    ),
    Scenario("many", [STRAWBERRY, CHATS] * 40, asks_many(*[(QUESTION, CONTEXT), (HOBBY, CONTEXT)] * 40)),
    Scenario(
        "many, a bad one among them",
        [STRAWBERRY, Failed(BadRequestError, 400, "invalid_value", "question"), CHATS],
        asks_many((QUESTION, CONTEXT), ("", CONTEXT), (HOBBY, CONTEXT)),
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
