"""The texts to search: pasted texts and uploaded files."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from .._files.parts import FileText
from .._files.reading import read_file

SEPARATOR: Final = "---"  # a separate line between two pasted documents

_REMEMBERED: Final = 32  # files whose text is kept, so that a second question does not read them again
_BORDER: Final = re.compile(rf"^[ \t]*{SEPARATOR}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A text to search.

    Attributes:
        text: the text.
        name: the name of its file, if any, with the heading if it is a section.
        page: the number of its page, if the file has pages.
        is_wrapped: whether its lines are broken at the width of the page.
    """

    text: str
    name: str | None = None
    page: int | None = None
    is_wrapped: bool = False


def split_pasted(text: str) -> tuple[Document, ...]:
    """Return the documents of a pasted text, split at lines of ``---``, without blank ones."""
    parts = (part.strip("\r\n") for part in _BORDER.split(text))
    return tuple(Document(part) for part in parts if part.strip())


def read_documents(path: Path) -> tuple[Document, ...]:
    """Return the pages or sections of a file; lines of ``---`` do not split it.

    Raises:
        UnreadableFileError: it has no text that can be read.
        MissingExtraError: reading this kind of file needs an extra.
        FileNotFoundError: it is gone.
    """
    found = _read(path, path.stat().st_mtime_ns)
    return tuple(
        Document(part.text, part.title(path.name) if part.page is None else path.name, part.page, found.is_wrapped)
        for part in found.parts
    )


@lru_cache(_REMEMBERED)
def _read(path: Path, modified: int) -> FileText:
    return read_file(path)
