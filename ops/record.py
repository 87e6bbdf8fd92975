"""The record of an archive, ``luke-qa.json`` for ``luke-qa.mar``: what was chosen, and a digest of every input.

Digests decide whether the archive is stale. A file with the recorded size and modification time is not read again.
The record also holds the archive's own digest, so it never applies to an archive that it was not written for.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ops.choice import Choice
from ops.errors import OpsError
from ops.layout import HANDLER, MODEL_NAME, MODEL_STORE, ROOT
from ops.lockfile import lock_path, sha256
from ops.profiles import GPU_CONFIG, MODEL_CONFIG

ARCHIVE = MODEL_STORE / f"{MODEL_NAME}.mar"
NEXT = MODEL_STORE / f"{MODEL_NAME}-next.mar"  # built, not yet in service
PREVIOUS = MODEL_STORE / f"{MODEL_NAME}-previous.mar"  # in service before the last upgrade

PACKAGING = ("ops/archive.py", "ops/profiles.py", "requirements/lock.txt")
QUANTISING = ("ops/quantise.py", "ops/reader.py")


class RecordError(OpsError):
    """The record is damaged, so the last choice is unknown."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was read."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """The choice that an archive was built from, the archive itself and its inputs by path."""

    choice: Choice
    archive: File
    inputs: Mapping[str, File]


_RECORD = TypeAdapter(Record)


def record_path(archive: Path) -> Path:
    return archive.with_suffix(".json")


def read_record(archive: Path) -> Record | None:
    """Read the record of an archive; None if there is none.

    Raises:
        RecordError: it cannot be read.
    """
    file = record_path(archive)
    try:
        return _RECORD.validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise RecordError(
            f"{file} is damaged: delete it and set your options again (CHECKPOINT=, BACKEND=)."
        ) from error


def write_record(record: Record, archive: Path) -> None:
    """Write the record of an archive, completely or not at all."""
    file = record_path(archive)
    with tempfile.TemporaryDirectory(prefix=".record-", dir=file.parent) as scratch:
        partial = Path(scratch) / file.name
        partial.write_bytes(_RECORD.dump_json(record, indent=1))
        partial.replace(file)


def check_archive(archive: Path) -> None:
    """Compare an archive with the digest in its record, if it has one, whatever its size and modification time.

    Raises:
        RecordError: it was changed after it was built, or the record is damaged.
    """
    record = read_record(archive)
    if record and sha256(archive) != record.archive.sha256:
        raise RecordError(
            f"{archive} is not the archive that {record_path(archive)} describes: it was changed after it was built, "
            "or came without its own record. Delete both and run `make archive`, or put the record beside it."
        )


def move_archive(source: Path, target: Path) -> None:
    """Move an archive with its record, in place of another."""
    source.replace(target)
    if record_path(source).is_file():
        record_path(source).replace(record_path(target))


def read_inputs(choice: Choice, known: Mapping[str, File]) -> dict[str, File]:
    """Every file that goes into the archive of ``choice``; those that match ``known`` are not read."""
    return {path.as_posix(): read_file(ROOT / path, known.get(path.as_posix())) for path in _input_paths(choice)}


def read_file(file: Path, known: File | None = None) -> File:
    """The file as it is now; its digest is taken from ``known`` if size and modification time match."""
    found = file.stat()
    if known and (known.size, known.mtime_ns) == (found.st_size, found.st_mtime_ns):
        return known
    return File(found.st_size, found.st_mtime_ns, sha256(file))


def confirm(record: Record, archive: Path) -> Record | None:
    """The record with the files' current modification times; None if the archive or an input has changed."""
    if not archive.is_file():
        return None
    inputs = read_inputs(record.choice, record.inputs)
    now = replace(record, archive=read_file(archive, record.archive), inputs=inputs)
    return now if _digests(now) == _digests(record) else None


def _input_paths(choice: Choice) -> Iterator[Path]:
    """The paths of all inputs that exist, relative to the repository if they are inside it."""
    checkpoint = ROOT / choice.checkpoint
    files = [
        *HANDLER.rglob("*.py"),
        MODEL_CONFIG,
        GPU_CONFIG,
        *(ROOT / name for name in PACKAGING),
        *checkpoint.glob("*"),
        lock_path(checkpoint),
    ]
    if choice.int8:
        files += [ROOT / choice.int8, *(ROOT / name for name in QUANTISING)]
    for file in files:
        if file.is_file():
            yield file.relative_to(ROOT) if file.is_relative_to(ROOT) else file


def _digests(record: Record) -> tuple[str, dict[str, str]]:
    return record.archive.sha256, {name: file.sha256 for name, file in record.inputs.items()}
