"""Write the directory that the model serves: the content of the archive."""

import tempfile
import zipfile
from pathlib import Path
from typing import Final

from ops.layout import MODEL_NAME, MODEL_STORE

DIRECTORY: Final = MODEL_STORE / "kserve" / MODEL_NAME


def write_directory(archive: Path, directory: Path) -> None:
    """Write the content of ``archive``, whole or not at all; what a running server has open stays as it was."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=directory.parent) as scratch:
        content = Path(scratch) / "content"
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(content)
        if directory.exists():
            directory.replace(Path(scratch) / "old")
        content.replace(directory)
