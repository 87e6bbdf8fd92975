"""Texts from arguments, files and standard input."""

import sys
from pathlib import Path

from .common import UsageError

STANDARD_INPUT = "-"
_BYTE_ORDER_MARK = "\ufeff"


def read_text(argument: str) -> str:
    """Return the argument itself, or for ``-`` the content of standard input (UTF-8)."""
    if argument != STANDARD_INPUT:
        return argument
    if sys.stdin is None:
        raise UsageError("Standard input is closed.")
    return _decoded(sys.stdin.buffer.read(), "standard input")


def read_standard_input() -> str:
    """Return the text that is piped in.

    Raises:
        UsageError: none is.
    """
    text = "" if sys.stdin is None or sys.stdin.isatty() else read_text(STANDARD_INPUT)
    if not text.strip():
        raise UsageError("Give the text: as CONTEXT, with --file, or on standard input.")
    return text


def read_file(path: Path) -> str:
    """Return the text of a file (UTF-8)."""
    try:
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _decoded(content: bytes, name: str) -> str:
    try:
        # From bytes: text mode would convert line endings and so shift the offsets.
        return content.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 (invalid byte at offset {error.start}).") from error
