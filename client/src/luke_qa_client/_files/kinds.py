"""What kind a file is of: by its content, which a renamed file keeps, or by its suffix where the content is text."""

from enum import StrEnum
from io import BytesIO
from pathlib import PurePath
from typing import Final
from zipfile import BadZipFile, ZipFile

from .parts import Reason, UnreadableFileError

_UNPACKED: Final = 300 * 2**20  # bytes that a Word file may unpack to
_HTML_SUFFIXES: Final = (".html", ".htm", ".xhtml")
_MARKDOWN_SUFFIXES: Final = (".md", ".markdown")

# The files of a folder that are read. A file that is named may have any suffix.
SUFFIXES: Final = (".docx", *_HTML_SUFFIXES, *_MARKDOWN_SUFFIXES, ".pdf", ".txt")

_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"RIFF")
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"


class Kind(StrEnum):
    """How a file is read."""

    PDF = "pdf"
    WORD = "word"
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


def kind_of(name: str, content: bytes) -> Kind:
    """Return how to read a file with this name and content.

    Raises:
        UnreadableFileError: it is of a kind that has no text, or none that can be read.
    """
    if b"%PDF-" in content[:1024]:
        return Kind.PDF
    if content.startswith((b"PK\3\4", b"PK\5\6")):
        return _kind_of_archive(content)
    if content.startswith(_OLD_OFFICE):
        raise UnreadableFileError(
            Reason.PROTECTED,
            "it is an old Office file or protected by a password: save it as .docx or PDF without one.",
        )
    if content.startswith(_PICTURES) and b"\0" in content[:1024]:
        raise UnreadableFileError(
            Reason.PICTURES, "it is a picture: run text recognition (OCR) on it, and use the result."
        )
    suffix = PurePath(name).suffix.lower()
    if suffix in (".pdf", ".docx"):
        what = "PDF" if suffix == ".pdf" else "Word file"
        raise UnreadableFileError(Reason.DAMAGED, f"it is damaged or has the wrong name: it is no {what}.")
    if suffix in _HTML_SUFFIXES or content[:1024].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return Kind.HTML
    return Kind.MARKDOWN if suffix in _MARKDOWN_SUFFIXES else Kind.TEXT


def _kind_of_archive(content: bytes) -> Kind:
    try:
        members = {member.filename: member.file_size for member in ZipFile(BytesIO(content)).infolist()}
    except (BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableFileError(
            Reason.DAMAGED, "it is damaged: the file is cut off, or is not what its name says."
        ) from error
    if sum(members.values()) > _UNPACKED:
        raise UnreadableFileError(
            Reason.TOO_LARGE, f"it unpacks to more than {_UNPACKED // 2**20} MB: it is too large to be read."
        )
    if "word/document.xml" in members:
        return Kind.WORD
    if "xl/workbook.xml" in members:
        raise UnreadableFileError(Reason.UNSUPPORTED, "it is an Excel workbook: use luke-qa batch, or save it as text.")
    if "ppt/presentation.xml" in members:
        raise UnreadableFileError(Reason.UNSUPPORTED, "it is a PowerPoint file: save it as PDF.")
    raise UnreadableFileError(
        Reason.UNSUPPORTED, "it is an archive: unpack it, and choose a text, PDF, Word or HTML file in it."
    )
