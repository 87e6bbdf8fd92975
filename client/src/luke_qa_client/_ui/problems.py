"""What can be wrong with a question or a file."""

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """Why there is no answer, or why a file is not searched."""

    NO_QUESTION = "no_question"
    NO_TEXT = "no_text"
    DAMAGED = "damaged"
    EMPTY_FILE = "empty_file"
    PICTURES = "pictures"
    PROTECTED = "protected"
    LARGE_FILE = "large_file"
    UNSUPPORTED = "unsupported"
    NO_READER = "no_reader"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    QUESTION_TOO_LONG = "question_too_long"
    REFUSED = "refused"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    OVERLOADED = "overloaded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """A trouble; ``detail`` is a file's name, or the server's message."""

    trouble: Trouble
    detail: str = ""
