"""When a server is given up."""

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

_PATIENCE: Final = 32  # results held back, for which it is not known who is to blame; more than travel together

_KNOWN_QUESTION: Final = "何が好きですか"
_KNOWN_CONTEXT: Final = "私は苺が好きです。"

_NEVER_THE_QUESTIONS: Final = (AuthenticationError, NotFoundError)
_PERHAPS_THE_QUESTIONS: Final = (ConnectionFailedError, TimedOutError, OverloadedError, ServerError)


class ServerLostError(Exception):
    """The server answers nothing any more; the message says how it fails."""


def ask_known_question(client: LukeQAClient) -> None:
    """Ask a short question that has an answer: where it gets none, that is no fault of the question's.

    Raises:
        LukeQAError: it gets none.
    """
    client.ask(_KNOWN_QUESTION, _KNOWN_CONTEXT)


def while_served(
    client: LukeQAClient, results: Iterator[tuple[_T, Answer | LukeQAError]]
) -> Iterator[tuple[_T, Answer | LukeQAError]]:
    """Yield things with their results as long as the server lives.

    An error that may be the server's is held back until another result shows that it was the question's, so that
    what a server that has gone left unanswered is never taken for answered with an error. Where no result shows it,
    after a while or in the end, a known question does.

    Raises:
        ServerLostError: it is gone, refuses everybody, or does not answer the known question either.
    """
    undecided: list[tuple[_T, Answer | LukeQAError]] = []
    in_doubt = False
    for asked, result in results:
        if isinstance(result, _NEVER_THE_QUESTIONS):
            raise ServerLostError(result.message)
        if isinstance(result, _PERHAPS_THE_QUESTIONS):
            in_doubt = True
            if isinstance(result, ConnectionFailedError) and not _is_there(client):
                raise ServerLostError(result.message)
        elif not isinstance(result, LukeQAError) or result.status is not None:  # a reply; else it was not even asked
            in_doubt = False
        undecided.append((asked, result))
        if in_doubt and len(undecided) >= _PATIENCE:
            _check_that_it_answers(client)
            in_doubt = False
        if not in_doubt:
            yield from undecided
            undecided.clear()
    if in_doubt:
        _check_that_it_answers(client)
    yield from undecided


def _is_there(client: LukeQAClient) -> bool:
    try:
        client.health()
    except ConnectionFailedError:
        return False
    except LukeQAError:
        return True
    return True


def _check_that_it_answers(client: LukeQAClient) -> None:
    try:
        ask_known_question(client)
    except LukeQAError as error:
        message = f"The server answers nothing, not even a question that is known to have an answer: {error.message}"
        raise ServerLostError(message) from error
