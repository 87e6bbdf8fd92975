"""The texts to search: pasted texts and dropped files."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .._errors import MissingExtraError
from .._files.parts import Reason, UnreadableFileError
from .._files.reading import read_file
from .problems import Problem, Trouble

SEPARATOR: Final = "---"  # a separate line between two pasted documents
MOST_CHARACTERS: Final = 2_000_000  # in all the files of a visitor together

_BORDER: Final = re.compile(rf"^[ \t]*{SEPARATOR}[ \t]*$", re.MULTILINE)

_UNREADABLE: Final = {
    Reason.DAMAGED: Trouble.DAMAGED,
    Reason.EMPTY: Trouble.EMPTY_FILE,
    Reason.PICTURES: Trouble.PICTURES,
    Reason.PROTECTED: Trouble.PROTECTED,
    Reason.TOO_LARGE: Trouble.LARGE_FILE,
    Reason.UNSUPPORTED: Trouble.UNSUPPORTED,
}

_log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file that a visitor has dropped: its pages or sections, or why it is not searched."""

    name: str
    documents: tuple[Document, ...] = ()
    problem: Problem | None = None

    @property
    def characters(self) -> int:
        return sum(len(document.text) for document in self.documents)


def split_pasted(text: str) -> tuple[Document, ...]:
    """Return the documents of a pasted text, split at lines of ``---``, without blank ones."""
    parts = (part.strip("\r\n") for part in _BORDER.split(text))
    return tuple(Document(part) for part in parts if part.strip())


def read_dropped(path: Path) -> DroppedFile:
    """Read a file; lines of ``---`` do not split it. What cannot be read is a problem of this file alone."""
    try:
        found = read_file(path)
    except UnreadableFileError as error:
        return refused(path.name, _UNREADABLE[error.reason])
    except MissingExtraError as error:
        _log.warning("luke-qa: %s", error)  # for the operator
        return refused(path.name, Trouble.NO_READER)
    documents = (
        Document(part.text, part.title(path.name) if part.page is None else path.name, part.page, found.is_wrapped)
        for part in found.parts
    )
    return DroppedFile(path.name, tuple(documents))


def refused(name: str, trouble: Trouble) -> DroppedFile:
    """Return a file that is not searched."""
    return DroppedFile(name, problem=Problem(trouble, name))


def add_files(files: tuple[DroppedFile, ...], new: Iterable[DroppedFile]) -> tuple[DroppedFile, ...]:
    """Return the files with the new ones. A file replaces an earlier one of its name; all together have a limit."""
    for file in new:
        files = tuple(other for other in files if other.name != file.name)
        if sum(other.characters for other in files) + file.characters > MOST_CHARACTERS:
            file = refused(file.name, Trouble.LARGE_FILE)
        files = (*files, file)
    return files
