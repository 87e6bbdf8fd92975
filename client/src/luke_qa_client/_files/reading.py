"""The text of one file. PDF, Word and HTML are read in a process of their own, within bounds of memory and time."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .._errors import MissingExtraError
from . import isolated
from .encodings import decode
from .kinds import Kind, kind_of
from .markdown import read_markdown
from .parts import FileText, Part, Reason, UnreadableFileError

_LARGEST: Final = 200 * 2**20  # bytes of a file
_SECONDS: Final = 120.0


def read_file(path: Path, seconds: float = _SECONDS) -> FileText:
    """Return the text of a file.

    Raises:
        UnreadableFileError: it has no text that can be read within ``seconds``.
        MissingExtraError: reading this kind of file needs the extra ``files``.
        OSError: the file itself cannot be read.
    """
    if path.stat().st_size > _LARGEST:
        raise UnreadableFileError(Reason.TOO_LARGE, f"it is larger than {_LARGEST // 2**20} MB: split it.")
    content = path.read_bytes()
    if not content:
        raise UnreadableFileError(Reason.EMPTY, "it is empty.")
    kind = kind_of(path.name, content)
    if kind in (Kind.TEXT, Kind.MARKDOWN):
        decoded = decode(content)
        parts = read_markdown(decoded.text) if kind is Kind.MARKDOWN else [Part(decoded.text)]
        found = FileText(tuple(part for part in parts if part.text.strip()), encoding=decoded.encoding)
    else:
        found = FileText(_parts(_read_isolated(path, kind, seconds)), is_wrapped=kind is Kind.PDF)
    if not found.parts:
        raise UnreadableFileError(Reason.EMPTY, "it has no text.")
    return found


def _parts(outcome: Mapping[str, Any]) -> tuple[Part, ...]:
    if "missing" in outcome:
        raise MissingExtraError("PDF, Word and HTML files need the extra files: pip install luke_qa_client[files]")
    if "problem" in outcome:
        raise UnreadableFileError(Reason(outcome["reason"]), outcome["problem"])
    return tuple(Part(*part) for part in outcome["parts"])


def _read_isolated(path: Path, kind: Kind, seconds: float) -> Mapping[str, Any]:
    """Read the file in another process: what a damaged or hostile file does to a library ends with that process."""
    package = str(Path(isolated.__file__).parents[2])
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    # Nothing is imported from the current directory, which -m without -P and an empty entry of the path stand for.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([package, *filter(None, given)])}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", isolated.__name__, kind, os.path.abspath(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=seconds,
        )
        outcome: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise UnreadableFileError(
            Reason.TOO_LARGE, f"it takes more than {seconds:g} seconds to read: split it."
        ) from error
    except ValueError as error:  # the process died
        raise UnreadableFileError(Reason.DAMAGED, "it is damaged, or needs too much memory to read.") from error
    return outcome
