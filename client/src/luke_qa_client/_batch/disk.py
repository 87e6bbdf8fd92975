"""Files that survive a power failure."""

import os
from pathlib import Path
from typing import IO


def write_through(file: IO[bytes], content: bytes) -> None:
    """Write, and wait until the content is on the disk."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def add_suffix(path: Path, suffix: str) -> Path:
    """Return the path with ``suffix`` appended to the file's name."""
    return path.with_name(path.name + suffix)
