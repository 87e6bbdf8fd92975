"""Sockets of a server whose directory has a long path."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import sockets
from ops.errors import OpsError
from ops.sockets import LONGEST_NAME, LONGEST_PATH, socket_directory

OWN = f"luke-qa-{os.getuid()}"


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The machine's directory of temporary files; pytest's own paths, which are made before, may be long."""
    tmp_path_factory.getbasetemp()
    with tempfile.TemporaryDirectory(prefix="q") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def directory_of(length: int, temporary: Path) -> Path:
    """A directory in which the longest path of a socket has so many bytes."""
    start = os.fsencode(temporary / "長い")
    directory = temporary / ("長い" + "x" * (length - len(start) - 1 - len(LONGEST_NAME)))
    directory.mkdir()
    return directory


def test_a_short_path_stays(temporary: Path) -> None:
    directory = directory_of(LONGEST_PATH, temporary)
    assert socket_directory(directory) == directory
    assert not (temporary / OWN).exists()


def test_a_socket_can_be_opened_in_a_directory_with_a_long_path(temporary: Path) -> None:
    directory = directory_of(LONGEST_PATH + 1, temporary)
    with socket.socket(socket.AF_UNIX) as listener:
        with pytest.raises(OSError, match="too long"):
            listener.bind(str(directory / LONGEST_NAME))
        listener.bind(str(socket_directory(directory) / LONGEST_NAME))
    assert (directory / LONGEST_NAME).is_socket()
    assert (temporary / OWN).stat().st_mode & 0o777 == 0o700


def test_each_directory_has_a_link_of_its_own_and_keeps_it(temporary: Path) -> None:
    first, second = (directory_of(length, temporary) for length in (150, 151))
    link = socket_directory(first)
    assert link != socket_directory(second)
    assert socket_directory(first) == link
    assert link.resolve() == first.resolve()


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_links_are_not_made_where_others_could_exchange_them(temporary: Path, mode: int) -> None:
    directory = directory_of(150, temporary)
    (temporary / OWN).mkdir()
    (temporary / OWN).chmod(mode)
    with pytest.raises(OpsError, match="alone"):
        socket_directory(directory)


def test_nor_behind_somebody_elses_link(temporary: Path) -> None:
    (temporary / "elsewhere").mkdir(mode=0o700)
    (temporary / OWN).symlink_to(temporary / "elsewhere")
    with pytest.raises(OpsError, match="alone"):
        socket_directory(directory_of(150, temporary))


def test_nor_in_the_place_of_a_file(temporary: Path) -> None:
    (temporary / OWN).touch()
    with pytest.raises(OpsError, match="alone"):
        socket_directory(directory_of(150, temporary))


def test_where_temporary_files_are_the_servers_own_links_lie_elsewhere(
    monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    long = directory_of(150, temporary)
    monkeypatch.setattr(tempfile, "tempdir", str(long))  # as `make env` sets it
    monkeypatch.setattr(sockets, "SHORT_TEMPORARY", temporary)
    assert socket_directory(long).parent == temporary / OWN


def test_where_no_path_is_short_the_error_says_what_helps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    monkeypatch.setattr(sockets, "SHORT_TEMPORARY", long)
    with pytest.raises(OpsError, match="TMPDIR"):
        socket_directory(long)
