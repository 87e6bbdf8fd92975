"""The record beside an archive: whether it vouches for it. What makes an archive stale is in test_packaging.py."""

import os
from pathlib import Path

import pytest

from ops.choice import Choice
from ops.record import Record, RecordError, check_archive, move_archive, read_file, record_path, write_record


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    archive = tmp_path / "luke-qa.mar"
    archive.write_bytes(b"as it was built")
    write_record(Record(Choice(), read_file(archive), {}), archive)
    return archive


def test_an_archive_as_it_was_built_is_accepted(archive: Path) -> None:
    check_archive(archive)


def test_an_archive_that_was_tampered_with_is_not_even_with_its_size_and_time(archive: Path) -> None:
    before = archive.stat()
    archive.write_bytes(b"as it was buiIt")
    os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(RecordError, match="changed after it was built"):
        check_archive(archive)


def test_an_archive_without_a_record_is_nobodys_business(archive: Path) -> None:
    record_path(archive).unlink()
    archive.write_bytes(b"from elsewhere")
    check_archive(archive)


def test_an_archive_moves_with_its_record(archive: Path) -> None:
    target = archive.with_name("luke-qa-previous.mar")
    move_archive(archive, target)
    check_archive(target)
    assert not archive.exists()
    assert not record_path(archive).exists()
