"""A visitor's question, sent to the server through the client, and what the visitor says of the answer."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from .._async_client import AsyncLukeQAClient
from .._errors import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    LukeQAError,
    NotFoundError,
    OverloadedError,
    ReplyError,
    TimedOutError,
    TooLargeError,
)
from .._printable import printable
from .documents import DroppedFile
from .feedback import FeedbackFile, Verdict, chosen_span, to_lines
from .places import keep_places
from .problems import Problem, Trouble
from .session import Asked, Session, all_documents

_TROUBLES: Final[dict[type[LukeQAError], Trouble]] = {
    AuthenticationError: Trouble.UNAUTHORISED,
    BadRequestError: Trouble.REFUSED,
    ConnectionFailedError: Trouble.UNREACHABLE,
    NotFoundError: Trouble.NOT_FOUND,
    OverloadedError: Trouble.OVERLOADED,
    TimedOutError: Trouble.TIMED_OUT,
    TooLargeError: Trouble.TOO_LARGE,
}

# Errors whose message is about the visitor's own request. Other messages may contain the server's address.
_FOR_VISITORS: Final = (BadRequestError, TooLargeError)

_ANSWERS_PER_PLACE: Final = 5  # that are asked for: those that overlap make one place

_log = logging.getLogger(__name__)


async def ask(
    client: AsyncLukeQAClient,
    question: str,
    pasted: str,
    files: tuple[DroppedFile, ...],
    *,
    most: int,
    allow_no_answer: bool,
) -> Asked | Problem:
    """Return the answer with at most ``most`` places, or why there is none. Cancelled, it gives the request up."""
    question = question.strip()
    readable = tuple(file for file in files if file.problem is None)
    documents = all_documents(pasted, readable)
    if not documents:
        return Problem(Trouble.NO_TEXT)
    if not question:
        return Problem(Trouble.NO_QUESTION)
    try:
        with suppress(ReplyError):
            await client.health()  # without retries: it fails at once if the server is down
        answer = await client.ask(
            question,
            [document.text for document in documents],
            top_k=most * _ANSWERS_PER_PLACE,
            handle_impossible_answer=allow_no_answer,
            join_lines=any(document.is_wrapped for document in documents) or None,
        )
    except LukeQAError as error:
        _log.warning("%s", printable(str(error)))  # for the operator; the page shows less
        return _problem(error)
    return Asked(question, pasted, readable, keep_places(answer, most))


def judge(session: Session, feedback: FeedbackFile, said: Mapping[str, object]) -> Session:
    """Return the session with what the visitor says of the answer that is shown, and keep it in the file.

    ``said`` comes from the page: the button as ``verdict``, and a selection as ``document``, ``start`` and ``end``.
    What is not understood changes nothing.
    """
    asked = session.shown
    if asked is None:
        return session
    verdict = _verdict(asked, said)
    id = asked.answer.request_id
    if verdict is not None:
        feedback.give(id, to_lines(id, asked.question, asked.documents, verdict))
    elif said.get("verdict") == "undo":
        feedback.take_back(id)
    else:
        return session
    return session.judged(verdict)


def _verdict(asked: Asked, said: Mapping[str, object]) -> Verdict | None:
    best = asked.answer.best
    match said.get("verdict"):
        case "right" if best.start is not None and best.end is not None:
            return Verdict(best.document, best.start, best.end)
        case "right" | "none":
            return Verdict()
        case "span":
            return chosen_span(asked.documents, said.get("document"), said.get("start"), said.get("end"))
    return None


def _problem(error: LukeQAError) -> Problem:
    if error.type == "question_too_long" or (isinstance(error, TooLargeError) and error.field == "question"):
        return Problem(Trouble.QUESTION_TOO_LONG)
    detail = error.message if isinstance(error, _FOR_VISITORS) else ""
    return Problem(_TROUBLES.get(type(error), Trouble.FAILED), detail)
