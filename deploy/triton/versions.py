"""The versions of the model in its repository: put a new one into service, and go back to the one before."""

import shutil
import tempfile
from pathlib import Path

from deploy.triton.command import TritonError
from deploy.triton.place import Place
from deploy.triton.repository import write_version
from deploy.triton.server import load
from ops.layout import MODEL_NAME


def list_versions(model: Path) -> list[int]:
    """Return the numbers of the versions in the model's directory, the newest last."""
    return sorted(int(path.name) for path in model.glob("*") if path.name.isdigit())


def upgrade(place: Place, archive: Path) -> int:
    """Put the content of ``archive`` into service, and return its version. The one before stays for ``roll_back``.

    Raises:
        TritonError: it could not be loaded; what served still does.
    """
    model = place.repository / MODEL_NAME
    before = list_versions(model)
    number = before[-1] + 1
    version = write_version(archive, model, number)
    try:
        load(place)
    except TritonError:
        shutil.rmtree(version)
        raise
    for old in before[:-1]:
        shutil.rmtree(model / str(old))
    return number


def roll_back(place: Place) -> int:
    """Put the version before the newest back into service, remove the newest, and return what serves.

    Raises:
        TritonError: there is none, or it could not be loaded; what served still does.
    """
    model = place.repository / MODEL_NAME
    *before, newest = list_versions(model)
    if not before:
        raise TritonError("There is no version to go back to: `make triton-upgrade` keeps one.")
    with tempfile.TemporaryDirectory(prefix=".rolled-back-", dir=place.repository.parent) as aside:
        withdrawn = (model / str(newest)).rename(Path(aside) / str(newest))
        try:
            load(place)
        except TritonError:
            withdrawn.rename(model / str(newest))
            raise
    return before[-1]
