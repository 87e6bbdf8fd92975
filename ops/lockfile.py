"""The lock of a fetched checkpoint, ``<checkpoint>.lock.json``: its origin and the SHA-256 of every file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.errors import OpsError


class LockError(OpsError):
    """A lock file is damaged, or a file does not match it. The message names the file."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What was fetched.

    Attributes:
        revision: the branch, tag or commit that was asked for.
        commit: what ``revision`` resolved to at the first fetch.
        files: the SHA-256 of every file, by name.
    """

    repo: str
    revision: str
    commit: str
    files: Mapping[str, str]


def lock_path(checkpoint: Path) -> Path:
    """The lock's path: next to the checkpoint directory, which holds only the hub's files."""
    directory = checkpoint.resolve()
    return directory.with_name(f"{directory.name}.lock.json")


def read_lock(file: Path) -> Lock | None:
    """Read a lock; None if there is no file.

    Raises:
        LockError: the file is not a lock.
    """
    try:
        lock = Lock(**json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LockError(f"{file} is not a lock file: delete it.") from error
    texts = (lock.repo, lock.revision, lock.commit)
    # A name with a directory in it would point outside the checkpoint.
    if not all(isinstance(text, str) for text in texts) or not (
        isinstance(lock.files, dict)
        and lock.files
        and all(name == Path(name).name and isinstance(digest, str) for name, digest in lock.files.items())
    ):
        raise LockError(f"{file} is not a lock file: delete it.")
    return lock


def write_lock(lock: Lock, file: Path) -> None:
    file.write_text(json.dumps(asdict(lock), indent=2) + "\n", "utf-8")


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def check_files(checkpoint: Path, lock: Lock) -> None:
    """Check every file of a checkpoint directory against its lock.

    Raises:
        LockError: a file is missing or has changed.
    """
    remedy = f"delete {checkpoint} to fetch it again"
    for name, digest in lock.files.items():
        file = checkpoint / name
        if not file.is_file():
            raise LockError(f"{file} is missing, but {lock_path(checkpoint)} lists it: {remedy}.")
        if sha256(file) != digest:
            raise LockError(f"{file} does not match its SHA-256 in {lock_path(checkpoint)}: {remedy}.")


def locked_repo(checkpoint: Path) -> str | None:
    """The hub's repository that a checkpoint came from; None if its files are not verified by a lock."""
    try:
        lock = read_lock(lock_path(checkpoint))
        if lock is None:
            return None
        check_files(checkpoint, lock)
    except LockError:
        return None
    return lock.repo
