"""The documents that a command line names: files, folders and patterns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Final

from .common import UsageError
from .texts import read_file

SUFFIXES: Final = (".md", ".txt")  # the files of a folder that are read; a file that is named may have any suffix


@dataclass(frozen=True, slots=True)
class Document:
    """A text to search, and the name under which its answers are shown."""

    name: str
    text: str


def read_documents(paths: Sequence[Path]) -> list[Document]:
    """Return the documents in the files that the paths name, in this order.

    Raises:
        UsageError: there is no such file, or it cannot be read.
    """
    return [Document(str(file), read_file(file)) for file in find_files(paths)]


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that the paths name: a folder's texts, what a pattern matches (where no shell has expanded it).

    Raises:
        UsageError: a folder or a pattern names no file.
    """
    return [file for path in paths for file in _expanded(path)]


def _expanded(path: Path) -> Iterator[Path]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and _is_visible_text(file.relative_to(path)))
        if not files:
            raise UsageError(f"{path} contains no texts ({', '.join(SUFFIXES)}).")
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
