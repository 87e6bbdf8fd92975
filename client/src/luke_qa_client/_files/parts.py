"""What a file contains: its parts, each a text with its place in the file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file's text.

    Attributes:
        text: the text.
        place: where it is in the file: ``page 12``, or the heading above it; empty if the file is one text.
    """

    text: str
    place: str = ""


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


class UnreadableFileError(Exception):
    """A file has no text that can be read. The message says why, and what to do, without the file's name."""
