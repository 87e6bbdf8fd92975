import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from ops.__main__ import main
from ops.errors import UsageError
from ops.keys import KeysError, issue_key, read_keys, revoke_keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run" / "keys.map"


def test_a_key_has_256_bits_and_is_stored_as_its_digest_alone(file: Path) -> None:
    key = issue_key("shop", file)
    assert len(key.removeprefix("luke_")) >= 43  # 32 bytes in base64
    text = file.read_text("utf-8")
    assert key not in text
    assert f"{sha256(key.encode()).hexdigest()} shop\n" in text
    assert file.stat().st_mode & 0o077 == 0


def test_several_keys_are_valid_at_once_and_one_holder_is_revoked_alone(file: Path) -> None:
    issue_key("shop", file)
    issue_key("office", file)
    issue_key("shop", file)
    assert [key.name for key in read_keys(file)] == ["shop", "office", "shop"]
    assert revoke_keys("shop", file) == 2
    assert [key.name for key in read_keys(file)] == ["office"]


def test_a_rotation_ends_with_the_newest_key(file: Path) -> None:
    issue_key("shop", file)
    newest = issue_key("shop", file)
    assert revoke_keys("shop", file, keep_newest=True) == 1
    assert [key.digest for key in read_keys(file)] == [sha256(newest.encode()).hexdigest()]


@pytest.mark.parametrize("name", ["", "with blank", "line\nbreak", "#x", "x" * 65, "店"])
def test_a_name_that_cannot_stand_in_the_file_is_refused(file: Path, name: str) -> None:
    with pytest.raises(UsageError):
        issue_key(name, file)
    assert not file.exists()


def test_who_has_no_key_cannot_be_revoked(file: Path) -> None:
    with pytest.raises(KeysError, match="shop has no key"):
        revoke_keys("shop", file)


@pytest.mark.parametrize(
    "damage", ["nonsense\n", "0" * 63 + " shop\n", "0" * 64 + "\n", "0" * 64 + " a b\n", "0" * 64 + "#a\n"]
)
def test_a_damaged_file_is_not_written_over(file: Path, damage: str) -> None:
    file.parent.mkdir()
    file.write_text(damage, "utf-8")
    with pytest.raises(KeysError, match="line"):
        issue_key("shop", file)
    assert file.read_text("utf-8") == damage


def test_the_verb_prints_the_key_alone_on_standard_output(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "--file", str(file), "issue", "shop"]) == 0
    key = capsys.readouterr().out.strip()
    assert sha256(key.encode()).hexdigest() in file.read_text("utf-8")
    assert main(["keys", "--file", str(file), "list"]) == 0
    listed = capsys.readouterr().out
    assert "shop" in listed
    assert key not in listed
    assert main(["keys", "--file", str(file), "rotate", "shop"]) == 0
    assert f".venv/bin/python -m ops keys --file {file} revoke shop --but-newest\n" in capsys.readouterr().err
    assert main(["keys", "--file", str(file), "revoke", "shop", "--but-newest"]) == 0
    assert "Revoked 1 key of shop" in capsys.readouterr().err
    before = file.read_bytes()
    for action in ("revoke", "rotate"):
        assert main(["keys", "--file", str(file), action, "office"]) == 1
        assert "office has no key" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_the_verb_says_that_there_are_no_keys(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "--file", str(file), "list"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"There are no keys in {file}.\n")


def test_who_could_read_the_file_still_can(file: Path) -> None:
    issue_key("shop", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    issue_key("office", file)
    revoke_keys("shop", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def owners_given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Who the files are given to from now on, without giving them away."""
    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "chown", lambda _, user, group: owners.append((user, group)))
    return owners


def test_a_new_file_belongs_to_whom_its_directory_does(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = owners_given(monkeypatch)
    issue_key("shop", file)
    of_directory = file.parent.stat()
    assert owners == [(of_directory.st_uid, of_directory.st_gid)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_leaves_the_file_to_the_proxys_user(file: Path) -> None:
    file.parent.mkdir()
    os.chown(file.parent, 4321, 4322)
    issue_key("shop", file)
    assert (file.stat().st_uid, file.stat().st_gid) == (4321, 4322)
    os.chown(file, 5321, 5322)
    issue_key("shop", file)
    assert (file.stat().st_uid, file.stat().st_gid) == (5321, 5322)


def test_who_may_not_leave_the_file_to_its_owner_changes_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chown", forbidden)
    issue_key("shop", file)  # a new file may be anybody's
    before = file.read_text("utf-8")
    with pytest.raises(KeysError, match="belongs to another user"):
        issue_key("office", file)
    assert file.read_text("utf-8") == before


def test_a_key_that_was_added_by_hand_is_kept(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.parent.mkdir()
    file.write_text(f"{'0' * 64} by-hand\n", "utf-8")
    issue_key("shop", file)
    assert [(key.name, key.issued is None) for key in read_keys(file)] == [("by-hand", True), ("shop", False)]
    assert main(["keys", "--file", str(file), "list"]) == 0
    assert "unknown" in capsys.readouterr().out


def test_notes_stay_where_people_wrote_them(file: Path) -> None:
    file.parent.mkdir()
    digest = "0123456789abcdef" * 4
    file.write_text(f"# the shop's keys; ask Ueno-san\n\n{digest} shop  # till 2027\n  # end\n", "utf-8")
    issue_key("office", file)
    assert [(key.name, key.issued is None) for key in read_keys(file)] == [("shop", True), ("office", False)]
    revoke_keys("office", file)
    assert file.read_text("utf-8") == f"# the shop's keys; ask Ueno-san\n\n{digest} shop  # till 2027\n  # end\n"
    revoke_keys("shop", file)
    assert file.read_text("utf-8") == "# the shop's keys; ask Ueno-san\n\n  # end\n"


def test_a_time_counts_only_for_the_key_below_it(file: Path) -> None:
    file.parent.mkdir()
    time = "# issued 2026-11-28T10:00:00Z"
    file.write_text(f"{time}\n# a note\n{'1' * 64} far\n{time}\n{'2' * 64} near\n# issued tomorrow\n", "utf-8")
    assert [(key.name, key.issued is None, key.lines) for key in read_keys(file)] == [
        ("far", True, (2,)),
        ("near", False, (3, 4)),
    ]
    revoke_keys("near", file)
    assert file.read_text("utf-8") == f"{time}\n# a note\n{'1' * 64} far\n# issued tomorrow\n"
