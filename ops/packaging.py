"""Keep the archive up to date: build it if it is stale, and record what it was built from."""

import os
from pathlib import Path
from subprocess import CalledProcessError

from ops.choice import Choice, Request, choose
from ops.errors import OpsError, UsageError
from ops.layout import ROOT
from ops.record import ARCHIVE, Record, confirm, read_file, read_inputs, read_record, write_record
from ops.steps import step


class ArchiveError(OpsError):
    """The archive could not be built."""


def last_choice(archive: Path = ARCHIVE) -> Choice:
    """The choice in the record; the defaults if there is no record.

    Raises:
        RecordError: the record is damaged.
    """
    record = read_record(archive)
    return record.choice if record else Choice()


def ensure_archive(asked: Request, archive: Path = ARCHIVE, last: Choice | None = None) -> bool:
    """Build the archive of the last choice, with the requested changes, if it is stale.

    Returns:
        Whether the archive was built.

    Raises:
        UsageError, RecordError: what to build is unclear.
        ArchiveError: it could not be built; the old archive and its record stay as they were.
    """
    choice, record = choose(asked, last or last_choice(archive)), read_record(archive)
    if record and _is_current(choice, record, archive):
        return False
    known = record.inputs if record else {}
    inputs = read_inputs(choice, known)  # before the build: a file that changes meanwhile makes the archive stale
    _build(choice, archive)
    write_record(Record(choice, read_file(archive), inputs), archive)
    return True


def is_stale(asked: Request, archive: Path = ARCHIVE) -> bool:
    """Return whether ``ensure_archive`` would build the archive.

    Raises:
        UsageError, RecordError: it is unclear what to build.
    """
    choice, record = choose(asked, last_choice(archive)), read_record(archive)
    return not record or not _is_current(choice, record, archive)


def is_other_checkpoint(asked: Request, archive: Path = ARCHIVE) -> bool:
    """Return whether the checkpoint that is asked for is not that of the last choice.

    Raises:
        UsageError, RecordError: it is unclear what was chosen.
    """
    last = last_choice(archive)
    return choose(asked, last).checkpoint != last.checkpoint


def check_checkpoint(asked: Request, archive: Path = ARCHIVE) -> None:
    """Check the checkpoint of the last choice, with the requested changes.

    Raises:
        ArchiveError: it is none.
    """
    from luke_qa.checkpoint import CheckpointError, open_checkpoint  # imported here: it takes seconds

    try:
        open_checkpoint(near(choose(asked, last_choice(archive)).checkpoint))
    except CheckpointError as error:
        raise ArchiveError(f"Nothing was started. {error}") from error


def near(path: Path) -> Path:
    """A path of the repository relative to the working directory, if it is below it."""
    absolute = ROOT / path
    here = Path(os.getcwd())
    return absolute.relative_to(here) if absolute.is_relative_to(here) else absolute


def _is_current(choice: Choice, record: Record, archive: Path) -> bool:
    """Whether the archive is that of ``choice``; its record then gets the files' present modification times."""
    confirmed = confirm(record, archive) if record.choice == choice else None
    if confirmed and confirmed != record:
        write_record(confirmed, archive)
    return confirmed is not None


def _build(choice: Choice, archive: Path) -> None:
    # Imported here: it takes seconds, and is not needed if the archive is up to date.
    from luke_qa.checkpoint import CheckpointError
    from luke_qa.choices import EndLabel
    from luke_qa.settings import SettingsError
    from ops.archive import build_archive
    from ops.profiles import read_model_config, resolve

    if choice.end_label and choice.end_label not in list(EndLabel):
        raise UsageError(f"END_LABEL must be {' or '.join(EndLabel)}, not {choice.end_label!r}.")
    checkpoint, int8 = near(choice.checkpoint), near(choice.int8) if choice.int8 else None
    try:
        end_label = EndLabel(choice.end_label) if choice.end_label else None
        with step(f"Packaging {checkpoint}"):
            build_archive(checkpoint, end_label, archive, choice.backend, int8, read_model_config(choice.profile))
    except ModuleNotFoundError as error:
        target = "setup-int8" if choice.int8 else "setup-openvino"
        raise ArchiveError(f"No archive was built. {error.name} is not installed: run `make {target}`.") from error
    except CalledProcessError as error:
        raise ArchiveError("No archive was built. torch-model-archiver failed; its output is above.") from error
    except (CheckpointError, SettingsError, OpsError) as error:
        raise ArchiveError(f"No archive was built. {error}") from error
    print(f"Packaged {checkpoint} as {near(archive)}, for a {resolve(choice.profile).upper()}.")
