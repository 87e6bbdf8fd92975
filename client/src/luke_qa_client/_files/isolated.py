"""The process that reads one file: ``python -m luke_qa_client._files.isolated KIND PATH``, with its parts as JSON."""

import json
import sys
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

from .kinds import Kind
from .parts import Part, Reason, UnreadableFileError

_MEMORY: Final = 2 * 2**30  # bytes of address space


def _reader(kind: Kind) -> Callable[[bytes], list[Part]]:
    """Return the reader, imported where it is used."""
    if kind is Kind.PDF:
        from .pdf import read_pdf

        return read_pdf
    if kind is Kind.WORD:
        from .word import read_word

        return read_word
    from .html import read_html

    return read_html


def read(kind: Kind, path: Path) -> dict[str, Any]:
    """Return the parts of a file, or why there are none."""
    try:
        return {"parts": [astuple(part) for part in _reader(kind)(path.read_bytes())]}
    except ModuleNotFoundError as error:
        return {"missing": error.name}
    except UnreadableFileError as error:
        return {"problem": str(error), "reason": error.reason}
    except (MemoryError, RecursionError):
        return {"problem": "it is damaged, or needs too much memory to read.", "reason": Reason.DAMAGED}


def _limit_memory() -> None:
    if sys.platform != "win32":  # there, only the time is limited
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    _limit_memory()
    json.dump(read(Kind(sys.argv[1]), Path(sys.argv[2])), sys.stdout)
