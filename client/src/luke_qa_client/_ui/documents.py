"""The texts to search: what was pasted, and what was dropped."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SEPARATOR: Final = "---"  # alone on its line, between two pasted documents

_BORDER: Final = re.compile(rf"^[ \t]*{SEPARATOR}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A text to search, with its file's name if it had one."""

    text: str
    name: str | None = None


class UnreadableError(Exception):
    """The file of this name is not UTF-8; or, if `binary`, no text at all."""

    def __init__(self, name: str, *, binary: bool) -> None:
        super().__init__(name)
        self.name = name
        self.binary = binary


def split_pasted(text: str) -> tuple[Document, ...]:
    """Return the documents of a pasted text, without the blank ones; a line of ``---`` ends one and begins the next."""
    parts = (part.strip("\r\n") for part in _BORDER.split(text))
    return tuple(Document(part) for part in parts if part.strip())


def read_file(path: Path) -> Document:
    """Return the file as one document, whatever lines it has.

    Raises:
        UnreadableError: it is not text in UTF-8.
    """
    content = path.read_bytes()
    if b"\0" in content:
        raise UnreadableError(path.name, binary=True)
    try:
        return Document(content.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise UnreadableError(path.name, binary=False) from error
