"""The commands: what they say, and how the server is run."""

import zipfile
from pathlib import Path

import pytest

from deploy import background
from deploy.kserve import __main__ as commands
from deploy.kserve import server
from deploy.kserve.directory import write_directory
from deploy.kserve.server import KServeError, Place, Ports, command, find_place
from ops.errors import BAD_USAGE, FAILED


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server runs."""
    monkeypatch.setattr(commands, "find_place", lambda: find_place(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], BAD_USAGE, "'' is not a command; the commands are: build, start, serve"),
        (["stop", "--now"], BAD_USAGE, "unrecognized arguments: --now"),
        (["status"], FAILED, "KServe's server is not running."),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(arguments) == status
    assert said in capsys.readouterr().err


def test_a_stop_where_nothing_runs_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["stop"]) == 0
    assert capsys.readouterr().out == "KServe's server is not running.\n"


def test_it_listens_on_loopback_only_with_packages_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PYTHON", tmp_path)
    monkeypatch.setattr(background, "is_taken", lambda host, port: False)
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    words, environment = command(Place(tmp_path, tmp_path / "model", Ports(1, 2)))
    assert {"--host=127.0.0.1", "--http_port=1", "--grpc_port=2", f"--model_dir={tmp_path / 'model'}"} <= set(words)
    assert "PYTHONHOME" not in environment


def test_without_the_sdk_a_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PYTHON", tmp_path / "python")
    with pytest.raises(KServeError, match="make setup-kserve"):
        command(Place(tmp_path))


def test_a_taken_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PYTHON", tmp_path)
    monkeypatch.setattr(background, "is_taken", lambda host, port: port == 2)
    with pytest.raises(KServeError, match="port 2: another program"):
        command(Place(tmp_path, ports=Ports(1, 2)))


def test_a_place_is_found_by_its_note(tmp_path: Path) -> None:
    Place(tmp_path).note.write(1, {"http": 1, "grpc": 2})  # a process, but not ours
    assert (find_place(tmp_path).ports, find_place(tmp_path).process()) == (Ports(1, 2), None)
    Place(tmp_path).note.write(1, {"telnet": 1})
    assert find_place(tmp_path).ports == Ports()


def test_the_directory_is_replaced_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with zipfile.ZipFile(tmp_path / f"{name}.mar", "w") as archive:
            archive.writestr(name, name)
        write_directory(tmp_path / f"{name}.mar", tmp_path / "store" / "luke-qa")
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["luke-qa"]
    assert [path.name for path in (tmp_path / "store" / "luke-qa").iterdir()] == ["b"]
