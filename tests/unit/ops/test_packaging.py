"""When an archive is stale, and what is recorded of it."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from luke_qa.choices import Backend
from ops.choice import Choice, Request
from ops.errors import UsageError
from ops.layout import ROOT
from ops.lockfile import sha256
from ops.packaging import ArchiveError, check_checkpoint, ensure_archive, is_other_checkpoint, last_choice
from ops.record import RecordError, read_inputs, record_path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "日本 語; $x" / "luke-qa.mar"


@pytest.fixture
def mine(checkpoint: Path, archive: Path) -> Path:
    """A checkpoint in a path that is hard on shells."""
    return Path(shutil.copytree(checkpoint, archive.parent / "my 'own' checkpoint"))


@pytest.fixture
def built(mine: Path, archive: Path) -> Path:
    assert ensure_archive(Request(checkpoint=str(mine)), archive)
    return archive


@pytest.fixture
def digested(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose content is read to tell whether they have changed."""
    names = list[str]()

    def digest(file: Path) -> str:
        names.append(file.name)
        return sha256(file)

    monkeypatch.setattr("ops.record.sha256", digest)
    return names


def edit_record(archive: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    content = json.loads(record_path(archive).read_text("utf-8"))
    change(content)
    record_path(archive).write_text(json.dumps(content), "utf-8")


def test_the_record_holds_the_choice_and_every_input(built: Path, mine: Path) -> None:
    content = json.loads(record_path(built).read_text("utf-8"))
    assert content["choice"] == {
        "checkpoint": str(mine),
        "end_label": "",
        "backend": "torch",
        "int8": None,
        "profile": "auto",
    }
    handler = {path.relative_to(ROOT).as_posix() for path in (ROOT / "handler").rglob("*.py")}
    assert content["inputs"].keys() >= handler | {"config/model-config.yaml", "config/gpu.yaml", "ops/archive.py"}
    assert content["inputs"].keys() >= {str(file) for file in mine.iterdir()}


def test_a_current_archive_is_not_built_again_and_no_file_is_read(built: Path, digested: list[str]) -> None:
    before = built.stat()
    assert not ensure_archive(Request(), built)
    assert built.stat() == before
    assert digested == []


def test_a_file_that_was_only_touched_is_read_once(built: Path, mine: Path, digested: list[str]) -> None:
    os.utime(mine / "config.json", (1, 1))
    assert not ensure_archive(Request(), built)
    assert not ensure_archive(Request(), built)
    assert digested == ["config.json"]


def test_a_changed_checkpoint_is_packaged_again(built: Path, mine: Path) -> None:
    config = mine / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8"))) + "\n", "utf-8")
    assert ensure_archive(Request(), built)
    assert not ensure_archive(Request(), built)


def test_added_and_removed_files_make_the_archive_stale(built: Path, mine: Path) -> None:
    (mine / "notes.txt").write_text("new")
    assert ensure_archive(Request(), built)
    (mine / "notes.txt").unlink()
    assert ensure_archive(Request(), built)
    mine.with_name(f"{mine.name}.lock.json").write_text("{}")  # it says which end label a fetched checkpoint has
    assert ensure_archive(Request(), built)


@pytest.mark.parametrize("name", ["handler/luke_qa/engine.py", "config/model-config.yaml", "requirements/lock.txt"])
def test_a_change_of_the_repository_makes_the_archive_stale(built: Path, name: str) -> None:
    edit_record(built, lambda content: content["inputs"].update({name: {"size": 1, "mtime_ns": 1, "sha256": ""}}))
    assert ensure_archive(Request(), built)


def test_a_record_does_not_vouch_for_another_archive(built: Path) -> None:
    built.write_bytes(built.read_bytes() + b" ")
    assert ensure_archive(Request(), built)
    built.unlink()
    assert ensure_archive(Request(), built)


def test_the_same_choice_gives_the_same_bytes(built: Path) -> None:
    content = built.read_bytes()
    built.unlink()
    assert ensure_archive(Request(), built)
    assert built.read_bytes() == content


def test_the_choice_holds_until_another_is_made(built: Path, mine: Path) -> None:
    assert ensure_archive(Request(backend="openvino", profile="gpu"), built)
    assert not ensure_archive(Request(), built)
    assert not ensure_archive(Request(checkpoint=str(mine), backend="openvino", profile="gpu"), built)
    assert last_choice(built).backend is Backend.OPENVINO
    assert ensure_archive(Request(backend="torch"), built)


def test_a_failed_build_leaves_archive_and_choice_as_they_were(built: Path, mine: Path) -> None:
    content, choice = built.read_bytes(), last_choice(built)
    with pytest.raises(ArchiveError, match=r"^No archive was built\. .*nowhere"):
        ensure_archive(Request(checkpoint="nowhere"), built)
    with pytest.raises(UsageError, match="END_LABEL must be exclusive or inclusive, not 'x; y'"):
        ensure_archive(Request(end_label="x; y"), built)
    assert (built.read_bytes(), last_choice(built)) == (content, choice)
    assert sorted(path.name for path in built.parent.iterdir()) == sorted(
        [mine.name, built.name, record_path(built).name]
    )


def test_a_missing_package_is_named_with_the_verb_that_installs_it(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build_archive(*arguments: object) -> None:
        raise ModuleNotFoundError(name="openvino")

    monkeypatch.setattr("ops.archive.build_archive", build_archive)
    with pytest.raises(ArchiveError, match="openvino is not installed: run `make setup-openvino`"):
        ensure_archive(Request(backend="openvino"), built)


@pytest.mark.parametrize("content", ["", "[]", '{"choice": {"backend": "steam"}}'])
def test_a_damaged_record_is_not_taken_for_the_defaults(built: Path, content: str) -> None:
    record_path(built).write_text(content)
    with pytest.raises(RecordError, match="damaged: delete it and set your options again"):
        ensure_archive(Request(), built)


def test_int8_also_depends_on_its_questions_and_on_the_code_that_judges_it(tmp_path: Path) -> None:
    questions = tmp_path / "my questions.jsonl"
    questions.write_text("{}")
    choice = Choice(backend=Backend.OPENVINO, int8=questions)
    with_int8 = read_inputs(choice, {})
    assert with_int8.keys() - read_inputs(replace(choice, int8=None), {}).keys() == {
        str(questions),
        "ops/quantise.py",
        "ops/reader.py",
    }
    questions.write_text("[]")
    os.utime(questions, (1, 1))
    assert read_inputs(choice, with_int8)[str(questions)].sha256 != with_int8[str(questions)].sha256


def test_another_checkpoint_is_told_from_an_older_archive(built: Path, mine: Path, tmp_path: Path) -> None:
    assert not is_other_checkpoint(Request(), built)
    assert not is_other_checkpoint(Request(checkpoint=str(mine), backend="openvino"), built)
    assert is_other_checkpoint(Request(checkpoint=str(tmp_path)), built)


def test_a_path_that_is_no_checkpoint_is_known_before_a_server_is_stopped_for_it(
    built: Path, mine: Path, tmp_path: Path
) -> None:
    check_checkpoint(Request(checkpoint=str(mine)), built)
    with pytest.raises(ArchiveError, match=r"Nothing was started\. .*none is not a checkpoint directory"):
        check_checkpoint(Request(checkpoint=str(tmp_path / "none")), built)
    with pytest.raises(ArchiveError, match="has no weights"):
        check_checkpoint(Request(checkpoint=str(tmp_path)), built)
