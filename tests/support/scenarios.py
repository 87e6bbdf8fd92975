"""What a caller may meet, and what comes of it: tables that run over every way to ask, with equal outcomes."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import pytest

from luke_qa_client import Answer, BadRequestError, LukeQAError, TimedOutError, TooLargeError, _policy
from tests.support.clients import Client

QUESTION = "好きな食べ物は何ですか"
CONTEXT = "私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。"
HOBBY: Final = "趣味は何ですか"
HOUR: Final = 3600.0

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: what it says, how surely, and where it stands."""

    answer: str
    score: float
    start: int | None
    end: int | None
    document: int | None


class OneOf:
    """Equals any of its values: which one it is, is the server's chance."""

    def __init__(self, *values: Any) -> None:
        self._values = values

    def __eq__(self, other: object) -> bool:
        return other in self._values

    def __repr__(self) -> str:
        return f"OneOf{self._values}"


@dataclass(frozen=True, slots=True)
class Failed:
    """An error, by all that a program may look at."""

    error: type[LukeQAError]
    status: int | OneOf | None = None
    type: str | None = None
    field: str | None = None


Outcome = Answered | Failed


@dataclass(frozen=True, slots=True)
class ByProtocol:
    """An outcome that cannot be the same: there are statuses that TorchServe, or gRPC itself, words in another way."""

    http: Outcome
    grpc: Outcome


def found(text: str, score: float, context: str = CONTEXT, document: int = 0) -> Answered:
    """The answer `text`, where it stands first in `context`; a thousandth more or less in its score is none."""
    start = context.index(text)
    about: Any = pytest.approx(score, abs=0.001)
    return Answered(text, about, start, start + len(text), document)


def outcome(result: Answer | LukeQAError) -> Outcome:
    """What all ways must agree on; and every result has its request's id."""
    assert result.request_id == "mine"
    if isinstance(result, Answer):
        return Answered(result.answer, result.score, result.start, result.end, result.document)
    return Failed(result.__class__, result.status, result.type, result.field)


def asks(question: str = QUESTION, context: Any = CONTEXT, **options: Any) -> Callable[[Client], list[Outcome]]:
    """A caller with one question."""

    def ask(client: Client) -> list[Outcome]:
        try:
            return [outcome(client.ask(question, context, request_id="mine", **options))]
        except LukeQAError as error:
            return [outcome(error)]

    return ask


def asks_many(*pairs: tuple[str, Any], **options: Any) -> Callable[[Client], list[Outcome]]:
    """A caller with many."""
    return lambda client: [outcome(result) for result in client.ask_many(pairs, request_id="mine", **options)]


@dataclass(frozen=True, slots=True)
class Scenario(Generic[S]):
    """A row of a table.

    Attributes:
        name: what happens.
        outcome: what comes of it, question by question.
        ask: what the caller does.
        client: arguments of the client.
        server: what the server does meanwhile; what that yields are arguments of the client, too.
    """

    name: str
    outcome: list[Outcome | ByProtocol]
    ask: Callable[[Client], list[Outcome]] = field(default_factory=asks)
    client: Mapping[str, Any] = field(default_factory=dict)
    server: Callable[[S], AbstractContextManager[Mapping[str, Any] | None]] = lambda server: nullcontext()

    def expected(self, *, grpc: bool) -> list[Outcome]:
        """What must come of it, over gRPC or HTTP."""
        return [(one.grpc if grpc else one.http) if isinstance(one, ByProtocol) else one for one in self.outcome]

    def run(self, open_client: Callable[..., Client], server: S) -> list[Outcome]:
        """Play it; what came of it."""
        with self.server(server) as more, open_client(**{**self.client, **(more or {})}) as client:
            return self.ask(client)

    def __str__(self) -> str:
        return self.name


def clock_is_off(seconds: float) -> Callable[[Any], AbstractContextManager[None]]:
    """Shift the client's clock against the server's."""

    @contextmanager
    def server(served: Any) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_policy, "_now", lambda: time.time() + seconds)
            yield

    return server


STRAWBERRY: Final = found("苺", 0.9931)
CHATS: Final = found("会話すること", 0.5259)

# What comes of a request over the embedded checkpoint, whatever server carries it.
REQUESTS: Final[list[Scenario[Any]]] = [
    Scenario("an answer", [STRAWBERRY]),
    Scenario(
        "an answer in one of many documents",
        [found("苺", 0.9931, document=1)],
        asks(context=["明日は雨でしょう。", CONTEXT]),
    ),
    Scenario(
        "every option",
        [found("苺", 0.9931)],
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
    Scenario("a blank document among others", [STRAWBERRY], asks(context=[CONTEXT, ""])),
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
    Scenario("many", [STRAWBERRY, CHATS] * 40, asks_many(*[(QUESTION, CONTEXT), (HOBBY, CONTEXT)] * 40)),
    Scenario(
        "many, a bad one among them",
        [STRAWBERRY, Failed(BadRequestError, 400, "invalid_value", "question"), CHATS],
        asks_many((QUESTION, CONTEXT), ("", CONTEXT), (HOBBY, CONTEXT)),
    ),
]
