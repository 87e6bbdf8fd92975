"""What a request can get instead of an answer.

RequestError
├── InvalidJson         400  the body is not a JSON object in UTF-8
├── MissingField        400  question or context is not there
├── InvalidValue        400  question or context is not usable text
├── UnknownOption       400  a field that nothing reads
├── InvalidOption       400  an option of the wrong type or out of range
├── QuestionTooLong     400  the question leaves the window no room
├── TooLarge            413  beyond one of the server's limits
├── EngineFault         500  the computation failed
├── DeadlineExceeded    504  too late to be of use
└── OutOfMemory         507  the computation did not fit
"""

import logging
import time
import traceback
from typing import ClassVar

logger = logging.getLogger(__name__)


class RequestError(Exception):
    """Why one request is not answered.

    ``code`` is its HTTP status, ``type`` a word for programs, the message a sentence for a person, and
    ``field`` the part of the request that is to blame (None where it is none).
    """

    code: ClassVar[int]
    type: ClassVar[str]

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


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


class EngineFault(RequestError):
    code, type = 500, "engine_error"


class DeadlineExceeded(RequestError):
    code, type = 504, "deadline_exceeded"


class OutOfMemory(RequestError):
    code, type = 507, "out_of_memory"


def check_deadline(deadline: float) -> None:
    """Stop here if ``deadline``, in seconds of the monotonic clock, has passed.

    Raises:
        DeadlineExceeded: it has.
    """
    if time.monotonic() > deadline:
        raise DeadlineExceeded("The server ran out of time for this request.")


def as_request_error(error: Exception) -> RequestError:
    """What a caller is told of ``error``: itself, or that the server failed; the log has the rest."""
    if isinstance(error, RequestError):
        return error
    # As text: a log record that held the error would hold the failed pass's memory, too.
    logger.error("A request failed for a reason of ours.\n%s", "".join(traceback.format_exception(error)))
    # torch has a class of its own for a full GPU, and a plain RuntimeError for a full host.
    if isinstance(error, MemoryError) or any(mark in str(error) for mark in ("out of memory", "allocate memory")):
        return OutOfMemory("The server has not enough memory for this request.")
    return EngineFault("The server failed on this request; its log says why.")
