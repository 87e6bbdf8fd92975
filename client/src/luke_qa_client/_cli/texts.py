"""Texts from arguments, files and standard input."""

import sys

from .._files.encodings import decode
from .._files.parts import UnreadableFileError
from .common import UsageError, say

STANDARD_INPUT = "-"


def read_text(argument: str) -> str:
    """Return the argument itself, or for ``-`` the content of standard input."""
    if argument != STANDARD_INPUT:
        return argument
    if sys.stdin is None:
        raise UsageError("Standard input is closed.")
    try:
        decoded = decode(sys.stdin.buffer.read())
    except UnreadableFileError as error:
        raise UsageError(f"Standard input cannot be read: {error}") from error
    if decoded.encoding:
        say(f"Standard input is read as {decoded.encoding}.")
    return decoded.text


def read_standard_input() -> str:
    """Return the text that is piped in.

    Raises:
        UsageError: none is.
    """
    text = "" if sys.stdin is None or sys.stdin.isatty() else read_text(STANDARD_INPUT)
    if not text.strip():
        raise UsageError("Give the text: as CONTEXT, with --file, or on standard input.")
    return text
