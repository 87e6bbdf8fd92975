"""Files that are to outlast a power cut."""

import os
from pathlib import Path
from typing import IO


def write_through(file: IO[bytes], content: bytes) -> None:
    """Write, and wait until the disk has it."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def beside(path: Path, ending: str) -> Path:
    """Return the neighbour of a file whose name has this ending, too."""
    return path.with_name(path.name + ending)
