"""A visitor's question, sent to the server through the client."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from .._client import LukeQAClient
from .._errors import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    LukeQAError,
    MissingExtraError,
    NotFoundError,
    OverloadedError,
    ReplyError,
    TimedOutError,
    TooLargeError,
)
from .._files.parts import Reason, UnreadableFileError
from .._printable import printable
from .documents import read_documents, split_pasted
from .feedback import FeedbackFile, Verdict, chosen_span, to_lines
from .session import Asked, Problem, Session, Trouble

_TROUBLES: Final[dict[type[LukeQAError], Trouble]] = {
    AuthenticationError: Trouble.UNAUTHORISED,
    BadRequestError: Trouble.REFUSED,
    ConnectionFailedError: Trouble.UNREACHABLE,
    NotFoundError: Trouble.NOT_FOUND,
    OverloadedError: Trouble.OVERLOADED,
    TimedOutError: Trouble.TIMED_OUT,
    TooLargeError: Trouble.TOO_LARGE,
}

_UNREADABLE: Final = {
    Reason.DAMAGED: Trouble.DAMAGED,
    Reason.EMPTY: Trouble.EMPTY_FILE,
    Reason.PICTURES: Trouble.PICTURES,
    Reason.PROTECTED: Trouble.PROTECTED,
    Reason.TOO_LARGE: Trouble.LARGE_FILE,
    Reason.UNSUPPORTED: Trouble.UNSUPPORTED,
}

# Errors whose message is about the visitor's own request. Other messages may contain the server's address.
_FOR_VISITORS: Final = (BadRequestError, TooLargeError)

_log = logging.getLogger(__name__)


def ask(
    client: LukeQAClient,
    session: Session,
    question: str,
    pasted: str,
    files: Sequence[str | Path],
    *,
    top_k: int,
    allow_no_answer: bool,
) -> Session:
    """Return the session after this question, with its answer or its problem."""
    result = _ask(client, question.strip(), pasted, files, top_k, allow_no_answer)
    return session.failed(result) if isinstance(result, Problem) else session.answered(result)


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


def _ask(
    client: LukeQAClient, question: str, pasted: str, files: Sequence[str | Path], top_k: int, allow_no_answer: bool
) -> Asked | Problem:
    try:
        documents = split_pasted(pasted)
        for file in map(Path, files):
            documents += read_documents(file)
    except UnreadableFileError as error:
        return Problem(_UNREADABLE[error.reason], file.name)
    except MissingExtraError as error:
        _log.warning("luke-qa: %s", error)
        return Problem(Trouble.NO_READER, file.name)
    except FileNotFoundError:
        return Problem(Trouble.GONE, file.name)
    if not documents:
        return Problem(Trouble.NO_TEXT)
    if not question:
        return Problem(Trouble.NO_QUESTION)
    texts = [document.text for document in documents]
    try:
        with suppress(ReplyError):
            client.health()  # without retries: it fails at once if the server is down
        answer = client.ask(
            question,
            texts,
            top_k=top_k,
            handle_impossible_answer=allow_no_answer,
            join_lines=any(document.is_wrapped for document in documents) or None,
        )
    except LukeQAError as error:
        _log.warning("%s", printable(str(error)))  # for the operator; the page shows less
        return _problem(error)
    return Asked(question, documents, answer)


def _problem(error: LukeQAError) -> Problem:
    if error.type == "question_too_long" or (isinstance(error, TooLargeError) and error.field == "question"):
        return Problem(Trouble.QUESTION_TOO_LONG)
    detail = error.message if isinstance(error, _FOR_VISITORS) else ""
    return Problem(_TROUBLES.get(type(error), Trouble.FAILED), detail)
