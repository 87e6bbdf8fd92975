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

_PATIENCE: Final = 32  # questions in a row that fail through no fault of theirs; more than travel together

_NEVER_THE_QUESTIONS: Final = (AuthenticationError, NotFoundError)
_PERHAPS_THE_QUESTIONS: Final = (ConnectionFailedError, TimedOutError, OverloadedError, ServerError)


class ServerLostError(Exception):
    """The server answers nothing any more; the message says how it fails."""


def while_served(
    client: LukeQAClient, results: Iterator[tuple[_T, Answer | LukeQAError]]
) -> Iterator[tuple[_T, Answer | LukeQAError]]:
    """Yield things with their results as long as the server lives.

    An error that may be the server's is held back until another result shows that it was the question's, so that
    what a server that has gone left unanswered is never taken for answered with an error.

    Raises:
        ServerLostError: it is gone, refuses everybody, or has failed too many times in a row.
    """
    undecided: list[tuple[_T, Answer | LukeQAError]] = []
    failures = 0
    for asked, result in results:
        if isinstance(result, _NEVER_THE_QUESTIONS):
            raise ServerLostError(result.message)
        if isinstance(result, _PERHAPS_THE_QUESTIONS):
            failures += 1
            if failures >= _PATIENCE:
                raise ServerLostError(f"{failures} questions in a row have failed. The last: {result.message}")
            if isinstance(result, ConnectionFailedError) and not _is_there(client):
                raise ServerLostError(result.message)
        elif not isinstance(result, LukeQAError) or result.status is not None:  # a reply; else it was not even asked
            failures = 0
        undecided.append((asked, result))
        if not failures:
            yield from undecided
            undecided.clear()
    yield from undecided


def _is_there(client: LukeQAClient) -> bool:
    try:
        client.health()
    except ConnectionFailedError:
        return False
    except LukeQAError:
        return True
    return True
