"""The errors that a request can end with.

RequestError
├── InvalidJson         400  the body is not a JSON object in UTF-8
├── MissingField        400  question or context is missing
├── InvalidValue        400  question or context is not valid text
├── UnknownOption       400  no such field
├── InvalidOption       400  an option has the wrong type or is out of range
├── QuestionTooLong     400  the question leaves no room for context in a window
├── TooLarge            413  the request exceeds one of the server's limits
├── CrashesWorkers      422  this request has killed workers before
├── EngineFault         500  the computation failed
├── DeadlineExceeded    504  the deadline has passed or would be missed
├── QueueTimeout        504  the request waited too long for a worker, so it was not computed; retry
├── Cancelled           504  the caller left, so nobody waits for the answer
└── OutOfMemory         507  not enough memory for the computation
"""

import logging
import time
import traceback
from dataclasses import dataclass
from typing import ClassVar, Self

logger = logging.getLogger(__name__)

OUT_OF_TIME = "The server ran out of time for this request."
CALLER_LEFT = "The caller left before the answer was computed."


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query: a question, a context or an option.

    ``number`` counts questions and contexts from 0. An option has none.
    """

    name: str
    number: int | None = None

    def __str__(self) -> str:
        return self.name if self.number is None else f"{self.name}[{self.number}]"


class RequestError(Exception):
    """One request cannot be answered.

    ``code`` is the HTTP status, ``type`` a name for programs, and the message a sentence for people. ``part`` is what
    is at fault: a `Part` if the engine raises the error, the caller's own name for it on the wire, or None if no part
    of the request is to blame. ``{part}`` in the message stands for it.
    """

    code: ClassVar[int]
    type: ClassVar[str]

    def __init__(self, message: str, part: Part | str | None = None) -> None:
        super().__init__(message.replace("{part}", str(part)))
        self.part = part
        self._template = message

    @property
    def field(self) -> str | None:
        """The name of the part at fault."""
        return None if self.part is None else str(self.part)

    def renamed(self, name: str) -> Self:
        """The same error, with another name for its part."""
        return type(self)(self._template, name)


class InvalidJson(RequestError):
    code, type = 400, "invalid_json"


class MissingField(RequestError):
    code, type = 400, "missing_field"


class InvalidValue(RequestError):
    code, type = 400, "invalid_value"


class UnknownOption(RequestError):
    code, type = 400, "unknown_option"


class InvalidOption(RequestError):
    code, type = 400, "invalid_option"


class QuestionTooLong(RequestError):
    code, type = 400, "question_too_long"


class TooLarge(RequestError):
    code, type = 413, "too_large"


class CrashesWorkers(RequestError):
    code, type = 422, "crashes_workers"


class EngineFault(RequestError):
    code, type = 500, "engine_error"


class DeadlineExceeded(RequestError):
    code, type = 504, "deadline_exceeded"


class QueueTimeout(RequestError):
    code, type = 504, "queue_timeout"


class Cancelled(RequestError):
    code, type = 504, "cancelled"


class OutOfMemory(RequestError):
    code, type = 507, "out_of_memory"


def check_deadline(deadline: float) -> None:
    """Raise if ``deadline``, in seconds of the monotonic clock, has passed.

    Raises:
        DeadlineExceeded: it has.
    """
    if time.monotonic() > deadline:
        raise DeadlineExceeded(OUT_OF_TIME)


def report_failure(error: Exception, request_id: str | None = None) -> RequestError:
    """Return what the caller is told about ``error``, and log the server's own failures.

    Without ``request_id`` it is a forward pass that failed, which several requests may share.

    A ``RequestError`` is the caller's already. Anything else becomes an ``EngineFault`` or ``OutOfMemory`` that
    says nothing about the machine; the log has the traceback.
    """
    if isinstance(error, RequestError):
        return error
    # As text: a log record that held the exception would also keep the failed pass's memory alive.
    what = "A forward pass" if request_id is None else f"Request {request_id!a}"
    logger.error("%s failed in the server.\n%s", what, "".join(traceback.format_exception(error)))
    # torch raises its own class for a full GPU, but a plain RuntimeError for full host memory.
    if isinstance(error, MemoryError) or any(mark in str(error) for mark in ("out of memory", "allocate memory")):
        return OutOfMemory("The server does not have enough memory for this request.")
    return EngineFault("The server failed to process this request; see its log.")
