"""The model repository: what is in it, and that it is the same each time."""

import struct
import time
from pathlib import Path

import pytest

from deploy.triton import versions
from deploy.triton.command import TritonError
from deploy.triton.config import Machine
from deploy.triton.place import Place
from deploy.triton.repository import GLUE, build_repository
from deploy.triton.versions import list_versions, roll_back, upgrade
from luke_qa.checkpoint import CONFIG_FILE
from ops.archive import build_archive
from ops.lockfile import sha256

MACHINE = Machine(cores=2, gpus=0)


@pytest.fixture(scope="module")
def archive(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "luke-qa.mar"
    build_archive(checkpoint, None, path)
    return path


def digests(directory: Path) -> dict[str, str]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {path.relative_to(directory).as_posix(): sha256(path) for path in files}


def test_the_same_archive_gives_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    first = digests(build_repository(archive, tmp_path / "one", MACHINE, gpu=False))
    time.sleep(0.01)
    assert digests(build_repository(archive, tmp_path / "two", MACHINE, gpu=False)) == first
    assert first.keys() >= {"config.pbtxt", "warmup/request", "1/model.py", "1/model-config.yaml", f"1/{CONFIG_FILE}"}
    assert {name for name in first if "torchserve" in name or "handler" in name or name.startswith("1/MAR")} == set()
    assert first["1/model.py"] == sha256(GLUE)


def test_it_replaces_what_was_there(archive: Path, tmp_path: Path) -> None:
    model = build_repository(archive, tmp_path / "repository", MACHINE, gpu=False)
    (model / "2").mkdir()
    build_repository(archive, tmp_path / "repository", MACHINE, gpu=True)
    assert list_versions(model) == [1]
    assert "KIND_GPU" in (model / "config.pbtxt").read_text("utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"repository"}  # nothing is left beside it


def test_the_first_question_is_written_as_triton_stores_text(archive: Path, tmp_path: Path) -> None:
    content = (build_repository(archive, tmp_path, MACHINE, gpu=False) / "warmup" / "request").read_bytes()
    assert struct.unpack("<I", content[:4]) == (len(content) - 4,)
    assert "苺" in content[4:].decode()


@pytest.fixture
def place(archive: Path, tmp_path: Path) -> Place:
    build_repository(archive, tmp_path / "repository", MACHINE, gpu=False)
    return Place(tmp_path / "home", tmp_path / "repository")


def test_the_version_before_stays_for_a_rollback(place: Place, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = place.repository / "luke-qa"
    loaded = list[list[int]]()
    monkeypatch.setattr(versions, "load", lambda place: loaded.append(list_versions(model)))
    assert [upgrade(place, archive), upgrade(place, archive)] == [2, 3]
    assert list_versions(model) == [2, 3]
    assert roll_back(place) == 2
    assert list_versions(model) == [2]
    assert loaded == [[1, 2], [1, 2, 3], [2]]
    with pytest.raises(TritonError, match="no version to go back to"):
        roll_back(place)


def test_what_does_not_load_leaves_the_versions_as_they_were(
    place: Place, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(place: Place) -> None:
        raise TritonError("It does not load.")

    model = place.repository / "luke-qa"
    monkeypatch.setattr(versions, "load", lambda place: None)
    upgrade(place, archive)
    before = digests(model)
    monkeypatch.setattr(versions, "load", fail)
    with pytest.raises(TritonError, match="does not load"):
        upgrade(place, archive)
    assert digests(model) == before
    with pytest.raises(TritonError, match="does not load"):
        roll_back(place)
    assert digests(model) == before
