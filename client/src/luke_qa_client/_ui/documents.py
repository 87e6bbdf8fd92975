"""The texts to search: pasted texts and uploaded files."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SEPARATOR: Final = "---"  # a separate line between two pasted documents

_BORDER: Final = re.compile(rf"^[ \t]*{SEPARATOR}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A text to search, and the name of its file, if any."""

    text: str
    name: str | None = None


class UnreadableError(Exception):
    """A file is not UTF-8, or, if ``binary``, not text at all."""

    def __init__(self, name: str, *, binary: bool) -> None:
        super().__init__(name)
        self.name = name
        self.binary = binary


def split_pasted(text: str) -> tuple[Document, ...]:
    """Return the documents of a pasted text, split at lines of ``---``, without blank ones."""
    parts = (part.strip("\r\n") for part in _BORDER.split(text))
    return tuple(Document(part) for part in parts if part.strip())


def read_file(path: Path) -> Document:
    """Return the whole file as one document; lines of ``---`` do not split it.

    Raises:
        UnreadableError: it is not UTF-8 text.
    """
    content = path.read_bytes()
    if b"\0" in content:
        raise UnreadableError(path.name, binary=True)
    try:
        return Document(content.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise UnreadableError(path.name, binary=False) from error
