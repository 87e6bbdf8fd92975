"""What a caller may meet, and what comes of it: tables that run over every way to ask, with equal outcomes."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import pytest

from luke_qa_client import Answer, LukeQAError
from tests.support.clients import Client

QUESTION = "好きな食べ物は何ですか"
CONTEXT = "私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。"

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
