"""The lock beside a fetched checkpoint, ``<checkpoint>.lock.json``: where it came from, and every file's SHA-256."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


class LockError(Exception):
    """A lock file, or a file that it locks, is not what it was; the message is one sentence naming it."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What was fetched: ``revision`` is what was asked for, ``commit`` what it was at the first fetch."""

    repo: str
    revision: str
    commit: str
    files: Mapping[str, str]  # the SHA-256 by file name


def lock_path(checkpoint: Path) -> Path:
    """Where the lock of the checkpoint directory lies: beside it, so that the directory holds the hub's files only."""
    directory = checkpoint.resolve()
    return directory.with_name(f"{directory.name}.lock.json")


def read_lock(file: Path) -> Lock | None:
    """The lock in ``file``, or None where there is none.

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
    # A name with a directory in it would lead out of the checkpoint.
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
    """Hold every locked file of the checkpoint directory against ``lock``.

    Raises:
        LockError: one is missing or has changed.
    """
    remedy = f"delete {checkpoint} to fetch it again"
    for name, digest in lock.files.items():
        file = checkpoint / name
        if not file.is_file():
            raise LockError(f"{file} is missing, though {lock_path(checkpoint)} names it: {remedy}.")
        if sha256(file) != digest:
            raise LockError(f"{file} has another SHA-256 than {lock_path(checkpoint)} gives it: {remedy}.")


def locked_repo(checkpoint: Path) -> str | None:
    """The hub's repository that the checkpoint directory came from; None where no lock says so of these very files."""
    try:
        lock = read_lock(lock_path(checkpoint))
        if lock is None:
            return None
        check_files(checkpoint, lock)
    except LockError:
        return None
    return lock.repo
