"""What a file contains: its parts, each a text with its place in the file."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file's text.

    Attributes:
        text: the text.
        page: the number of the page, from 1; None if the file has no pages.
        heading: the heading above it; empty if there is none.
    """

    text: str
    page: int | None = None
    heading: str = ""

    def title(self, name: str) -> str:
        """Return a title for the part of the file with this name, such as ``manual.pdf, page 12``."""
        place = self.heading if self.page is None else f"page {self.page}"
        return f"{name}, {place}" if place else name


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a file.

    Attributes:
        parts: the parts that have text, in their order; at least one.
        is_wrapped: whether its lines are broken at the width of the page.
        encoding: the encoding, if it had to be guessed.
    """

    parts: tuple[Part, ...]
    is_wrapped: bool = False
    encoding: str | None = None


class Reason(StrEnum):
    """Why a file cannot be read."""

    DAMAGED = "damaged"
    EMPTY = "empty"
    PICTURES = "pictures"
    PROTECTED = "protected"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"


class UnreadableFileError(Exception):
    """A file has no text that can be read.

    The message says why, and what to do, without the file's name; ``reason`` is the same for programs.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
