"""What a caller may meet, and what comes of it: tables that run over every way to ask, with equal outcomes."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from luke_qa_client import Answer, LukeQAError
from tests.support.clients import Client

QUESTION = "好きな食べ物は何ですか"
CONTEXT = "私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。"

S = TypeVar("S")

# An answer's text, or an error's class and the field that it names.
Outcome = str | tuple[type[LukeQAError], str | None]


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


def outcome(result: Answer | LukeQAError) -> Outcome:
    """What all ways must agree on; and every result has its request's id."""
    assert result.request_id == "mine"
    return result.answer if isinstance(result, Answer) else (type(result), result.field)


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
    outcome: list[Outcome]
    ask: Callable[[Client], list[Outcome]] = field(default_factory=asks)
    client: Mapping[str, Any] = field(default_factory=dict)
    server: Callable[[S], AbstractContextManager[Mapping[str, Any] | None]] = lambda server: nullcontext()

    def run(self, open_client: Callable[..., Client], server: S) -> list[Outcome]:
        """Play it; what came of it."""
        with self.server(server) as more, open_client(**{**self.client, **(more or {})}) as client:
            return self.ask(client)

    def __str__(self) -> str:
        return self.name
