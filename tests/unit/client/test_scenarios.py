"""What a live server does not do on demand; the rest is in tests/integration/test_client_scenarios.py."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import pytest

from luke_qa_client import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    OverloadedError,
    ServerError,
    TimedOutError,
    _policy,
)
from tests.support.clients import WAYS
from tests.support.pauses import TOO_LONG, pauses
from tests.support.scenarios import CONTEXT, QUESTION, ByProtocol, Failed, Scenario, asks, asks_many, found
from tests.unit.client.conftest import OpenClient
from tests.unit.client.stub import Received, Said, Stub, answers_natively, refusal, says

STRAWBERRY: Final = found("苺", 0.9910)

FULL: Final = says({"code": 503, "type": "ServiceUnavailableException", "message": "No worker."})
DIED: Final = says({"code": 500, "type": "InternalServerException", "message": "Worker died."})
MEMORY: Final = says({"code": 507, "type": "InternalServerException", "message": "Out of resources"})
DROPPED: Final = Said(b"", drop=True)
HUNG: Final = Said(b"{}", delay=600.0)  # until the stub is closed
BUSY: Final = says(refusal(429, "overloaded"), headers={"retry-after": "1"})
NOT_READY: Final = says(refusal(503, "not_ready"), headers={"retry-after": "0"})
NO_KEY: Final = says({**refusal(401, "unauthorized"), "request_id": None})
WAITED: Final = says({**refusal(504, "queue_timeout"), "request_id": None})
POISON: Final = says({**refusal(422, "crashes_workers"), "request_id": None})
TOO_LATE: Final = says({**refusal(504, "deadline_exceeded", field="deadline_ms"), "request_id": None})

Server = Callable[[Stub], AbstractContextManager[None]]


def replies_first(*said: Said) -> Server:
    """The server gives these replies, then answers."""

    @contextmanager
    def server(stub: Stub) -> Iterator[None]:
        stub.replies_first(*said)
        yield
        assert len(stub.received) > len(said)

    return server


def replies(said: Said, *, sent: int | None = None) -> Server:
    """The server always gives this reply, and the client gives up after three tries; `sent` requests arrive."""

    @contextmanager
    def server(stub: Stub) -> Iterator[None]:
        stub.replies(said)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_policy, "draw_backoff", pauses(0.001, 0.001, TOO_LONG))
            yield
        assert sent is None or len(stub.received) == sent

    return server


@contextmanager
def refuses_all_but_single_questions(stub: Stub) -> Iterator[None]:
    def rule(received: Received) -> Said:
        if isinstance(received.body["question"], list):
            return says({**refusal(400, "invalid_value", field="question[1]"), "request_id": None})
        return answers_natively(received)

    stub.rule = rule
    yield


SCENARIOS: Final[list[Scenario[Stub]]] = [
    Scenario("an answer", [STRAWBERRY], server=replies_first()),
    Scenario("a full queue, then an answer", [STRAWBERRY], server=replies_first(FULL, FULL, FULL)),
    Scenario("a worker that died, then an answer", [STRAWBERRY], server=replies_first(DIED)),
    Scenario("no memory, then an answer", [STRAWBERRY], server=replies_first(MEMORY)),
    Scenario("a connection that broke, then an answer", [STRAWBERRY], server=replies_first(DROPPED, DROPPED)),
    Scenario("a proxy that is overloaded, then an answer", [STRAWBERRY], server=replies_first(BUSY)),
    Scenario("no server that is ready, then an answer", [STRAWBERRY], server=replies_first(NOT_READY, NOT_READY)),
    Scenario("a wait that was too long, then an answer", [STRAWBERRY], server=replies_first(WAITED, WAITED, WAITED)),
    Scenario("no reply, then an answer", [STRAWBERRY], client={"timeout": 2.0}, server=replies_first(HUNG)),
    Scenario("all of these, then an answer", [STRAWBERRY], server=replies_first(FULL, DIED, DROPPED, MEMORY)),
    Scenario("a server whose clock is ahead", [STRAWBERRY], server=replies_first(TOO_LATE)),
    Scenario(
        "a full queue for good",
        [Failed(OverloadedError, 503, "ServiceUnavailableException")],
        server=replies(FULL, sent=3),
    ),
    Scenario("faults for good", [Failed(ServerError, 500, "InternalServerException")], server=replies(DIED, sent=3)),
    Scenario(
        "broken connections for good",
        [ByProtocol(Failed(ConnectionFailedError), Failed(ConnectionFailedError, type="UNAVAILABLE"))],
        server=replies(DROPPED, sent=3),
    ),
    Scenario(
        "never a reply",
        [ByProtocol(Failed(TimedOutError), Failed(TimedOutError, type="DEADLINE_EXCEEDED"))],
        client={"timeout": 2.0, "total_timeout": 8.0},
        server=replies(HUNG, sent=2),
    ),
    Scenario(
        "a proxy that is overloaded for good",
        [Failed(OverloadedError, 429, "too_many_calls")],
        server=replies(says({"code": 429, "type": "too_many_calls", "message": "Slowly."}), sent=3),
    ),
    Scenario(
        "no server that is ready for good",
        [Failed(OverloadedError, 503, "not_ready")],
        server=replies(says({**refusal(503, "not_ready"), "request_id": None}), sent=3),
    ),
    Scenario("no key", [Failed(AuthenticationError, 401, "unauthorized")], server=replies(NO_KEY, sent=1)),
    Scenario(
        "a key that expires at a proxy",
        [STRAWBERRY],
        client={"token": lambda: "key"},
        server=replies_first(NO_KEY),
    ),
    Scenario(
        "a request over which workers died",
        [Failed(BadRequestError, 422, "crashes_workers")],
        server=replies(POISON, sent=1),
    ),
    Scenario(
        "many, over which workers died",
        [Failed(BadRequestError, 422, "crashes_workers")] * 2,
        asks_many((QUESTION, CONTEXT), ("誰ですか", CONTEXT)),
        server=replies(POISON, sent=1),
    ),
    Scenario("what is no answer", [Failed(ServerError, 200)], server=replies(Said(b"[]"), sent=1)),
    Scenario(
        "a deadline of the caller's that the server finds past",
        [Failed(TimedOutError, 504, "deadline_exceeded", "deadline_ms")],
        asks(deadline_ms=1_900_000_000_000),
        server=replies(TOO_LATE, sent=2),  # once with the try's own end as its deadline
    ),
    Scenario(
        "many, together refused",
        [STRAWBERRY, found("私", 0.9910), STRAWBERRY],
        asks_many((QUESTION, CONTEXT), ("誰ですか", CONTEXT), (QUESTION, CONTEXT)),
        server=refuses_all_but_single_questions,
    ),
    Scenario(
        "many, each one wrong",
        [Failed(BadRequestError, 400, "invalid_option", "top_k")] * 2,
        asks_many((QUESTION, CONTEXT), (QUESTION, "苺"), top_k=0),
        server=replies(says({**refusal(400, "invalid_option", field="top_k"), "request_id": None}), sent=2),
    ),
    Scenario(
        "many, with faults between",
        [STRAWBERRY] * 9,
        asks_many(*[(QUESTION, f"{CONTEXT}{number}") for number in range(9)]),
        server=replies_first(*[FULL, DROPPED, DIED] * 2),
    ),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_outcome_is_the_same_whatever_the_way(
    scenario: Scenario[Stub], way: str, server: Stub, open_client: OpenClient
) -> None:
    assert scenario.run(open_client, server) == scenario.expected(grpc=WAYS[way][0])
