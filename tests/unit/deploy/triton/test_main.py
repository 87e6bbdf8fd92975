"""The commands: what they say, and their exit statuses."""

from pathlib import Path

import pytest

from deploy.triton import __main__ as commands
from deploy.triton.place import Place, Ports, find_place
from ops.errors import BAD_USAGE, FAILED


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No Triton runs."""
    monkeypatch.setattr(commands, "find_place", lambda: find_place(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], BAD_USAGE, "'' is not a command; the commands are: build, needs, start"),
        (["dance"], BAD_USAGE, "'dance' is not a command"),
        (["stop", "--now"], BAD_USAGE, "unrecognized arguments: --now"),
        (["status"], FAILED, "Triton is not running."),
        (["upgrade"], FAILED, "start it with `make triton-start`"),
        (["rollback"], FAILED, "start it with `make triton-start`"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(arguments) == status
    assert said in capsys.readouterr().err


def test_a_stop_where_nothing_runs_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["stop"]) == 0
    assert capsys.readouterr().out == "Triton is not running.\n"


@pytest.mark.parametrize(("image", "target"), [("podman", "setup"), (None, "setup-triton")])
def test_the_binary_is_needed_only_without_the_image(
    image: str | None, target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "find_image", lambda: image)
    assert commands.main(["needs"]) == 0
    assert capsys.readouterr().out == f"{target}\n"


def test_a_place_is_found_by_its_note(tmp_path: Path) -> None:
    place = Place(tmp_path, ports=Ports(1, 2, 3))
    place.write(1)  # a process, but no supervisor
    found = find_place(tmp_path)
    assert (found.ports, found.process()) == (Ports(1, 2, 3), None)
    place.forget()
    assert find_place(tmp_path).ports == Ports()


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"ports": {"http": 1, "telnet": 2}}'])
def test_a_damaged_note_is_none(tmp_path: Path, note: str) -> None:
    (tmp_path / "server.json").write_text(note)
    assert (find_place(tmp_path).ports, find_place(tmp_path).process()) == (Ports(), None)
