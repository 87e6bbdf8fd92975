"""The documents that a command line names: files, folders and patterns."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Final

from .._errors import MissingExtraError
from .._files.kinds import SUFFIXES
from .._files.parts import FileText, UnreadableFileError
from .._files.reading import read_file
from .common import UsageError, say

_READERS: Final = 4  # files read at the same time


@dataclass(frozen=True, slots=True)
class Document:
    """A text to search, the title under which its answers are shown, and whether its lines are wrapped.

    A file of one text has its path as the title; a page or a section has its place, too: ``manual.pdf, page 12``.
    """

    title: str
    text: str
    is_wrapped: bool = False


def read_documents(paths: Sequence[Path]) -> list[Document]:
    """Return the documents in the files that the paths name, in this order. An encoding that was guessed is said.

    Of several files, those that cannot be read are left out, which is said.

    Raises:
        UsageError: there is no such file, or none that can be read.
    """
    files = find_files(paths)
    documents = list[Document]()
    with ThreadPoolExecutor(_READERS) as pool:
        for file, found in zip(files, pool.map(_read, files), strict=True):
            if isinstance(found, str):
                if len(files) == 1:
                    raise UsageError(f"{file} cannot be read: {found}")
                say(f"{file} is left out: {found}")
                continue
            if found.encoding:
                say(f"{file} is read as {found.encoding}.")
            documents += [Document(part.title(str(file)), part.text, found.is_wrapped) for part in found.parts]
    if not documents:
        raise UsageError("None of the files has a text that can be read.")
    return documents


def _read(file: Path) -> FileText | str:
    """Return the text of a file, or the rest of a sentence that says why there is none."""
    try:
        return read_file(file)
    except (UnreadableFileError, MissingExtraError) as error:
        return str(error)
    except OSError as error:
        return f"{error.strerror}."


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that the paths name: a folder's texts, what a pattern matches (where no shell has expanded it).

    Of several paths, those that name no file are left out, which is said.

    Raises:
        UsageError: none of them names a file.
    """
    files = list[Path]()
    for path in paths:
        try:
            files += _expanded(path)
        except UsageError as error:
            if len(paths) == 1:
                raise
            say(error)
    if not files:
        raise UsageError("No files were found.")
    return files


def _expanded(path: Path) -> Iterator[Path]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and _is_visible_text(file.relative_to(path)))
        if not files:
            raise UsageError(f"{path} contains no files that can be read ({', '.join(SUFFIXES)}).")
        yield from files
    elif path.exists() or not set("*?[") & set(str(path)):
        yield path
    else:
        files = sorted(map(Path, glob(str(path), recursive=True)))
        if not files:
            raise UsageError(f"{path} matches no file.")
        yield from find_files(files)


def _is_visible_text(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in path.parts)
