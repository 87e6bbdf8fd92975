"""When to give up on a server."""

from collections.abc import Iterator
from typing import Final, TypeVar

from .._answers import Answer
from .._client import LukeQAClient
from .._errors import (
    AuthenticationError,
    ConnectionFailedError,
    LukeQAError,
    NotFoundError,
    OverloadedError,
    ServerError,
    TimedOutError,
)

_T = TypeVar("_T")

_MAX_HELD: Final = 32  # results held back while it is unclear what failed; more than one request has

_TEST_QUESTION: Final = "何が好きですか"
_TEST_CONTEXT: Final = "私は苺が好きです。"

_SERVER_ERRORS: Final = (AuthenticationError, NotFoundError)
_AMBIGUOUS_ERRORS: Final = (ConnectionFailedError, TimedOutError, OverloadedError, ServerError)


class ServerLostError(Exception):
    """The server no longer answers; the message says how it fails."""


def ask_test_question(client: LukeQAClient) -> None:
    """Ask a short question that has an answer: if it fails, the question is not at fault.

    Raises:
        LukeQAError: it failed.
    """
    client.ask(_TEST_QUESTION, _TEST_CONTEXT)


def while_served(
    client: LukeQAClient, results: Iterator[tuple[_T, Answer | LukeQAError]]
) -> Iterator[tuple[_T, Answer | LukeQAError]]:
    """Yield items with their results while the server works.

    An error that may be the server's fault is held back until another result shows that the server still works.
    Otherwise, questions that an unreachable server left unanswered would count as failed. If no such result arrives, a
    test question decides.

    Raises:
        ServerLostError: the server is unreachable, rejects the client, or fails on the test question too.
    """
    held: list[tuple[_T, Answer | LukeQAError]] = []
    unclear = False
    for asked, result in results:
        if isinstance(result, _SERVER_ERRORS):
            raise ServerLostError(result.message)
        if isinstance(result, _AMBIGUOUS_ERRORS):
            unclear = True
            if isinstance(result, ConnectionFailedError) and not _is_reachable(client):
                raise ServerLostError(result.message)
        elif not isinstance(result, LukeQAError) or result.status is not None:  # a reply, not a row that was never sent
            unclear = False
        held.append((asked, result))
        if unclear and len(held) >= _MAX_HELD:
            _check_server(client)
            unclear = False
        if not unclear:
            yield from held
            held.clear()
    if unclear:
        _check_server(client)
    yield from held


def _is_reachable(client: LukeQAClient) -> bool:
    try:
        client.health()
    except ConnectionFailedError:
        return False
    except LukeQAError:
        return True
    return True


def _check_server(client: LukeQAClient) -> None:
    try:
        ask_test_question(client)
    except LukeQAError as error:
        message = f"The server no longer answers, not even a test question: {error.message}"
        raise ServerLostError(message) from error
