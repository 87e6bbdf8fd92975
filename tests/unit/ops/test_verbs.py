"""The command ``python -m ops``: its help, its errors and its exit statuses."""

import os
import subprocess
import sys

import pytest

from ops.__main__ import VERBS, main
from ops.errors import BAD_USAGE, FAILED, INTERRUPTED, OpsError
from ops.layout import ROOT
from ops.verbs import stop


def test_every_verb_is_a_module_and_every_module_a_verb() -> None:
    modules = {path.stem for path in (ROOT / "ops" / "verbs").glob("[a-z]*.py")}
    assert modules == VERBS.keys()


def test_help_lists_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(any(line.split() == [verb, *about.split()] for line in lines) for verb, about in VERBS.items())


@pytest.mark.parametrize("arguments", [[], [""], ["fly"], ["fly", "--help"], ["--colour"]])
def test_an_unknown_verb_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == BAD_USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("see `python -m ops --help`.")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m ops {verb} ")


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_option_is_one_line(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    action = ["list"] if verb == "keys" else []
    assert main([verb, *action, "--colour"]) == BAD_USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"unrecognized arguments: --colour; see `python -m ops {verb} --help`."


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (OpsError("It is broken: mend it."), FAILED, "It is broken: mend it."),
        (PermissionError(13, "Permission denied", "/x"), FAILED, "/x: Permission denied."),
        (KeyboardInterrupt(), INTERRUPTED, "Interrupted."),
    ],
)
def test_whatever_stops_a_verb_is_one_line(
    error: BaseException,
    status: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(options: list[str]) -> int:
        raise error

    monkeypatch.setattr(stop, "main", fail)
    assert main(["stop"]) == status
    assert capsys.readouterr().err.splitlines() == [line]


@pytest.mark.parametrize("repo", ["", "a/", "a/.."])
def test_a_repository_without_a_name_is_refused(repo: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "--repo", repo]) == BAD_USAGE
    assert "REPO must be the name of a repository" in capsys.readouterr().err


def test_verbs_that_only_look_do_not_import_torch() -> None:
    program = (
        "import sys\n"
        "from importlib import import_module\n"
        "for verb in ('needs', 'serve', 'start', 'stop', 'status', 'ask', 'ui', 'token', 'env', 'demo', 'archive'):\n"
        "    import_module(f'ops.verbs.{verb}')\n"
        "print('torch' in sys.modules)"
    )
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "handler", "client/src"))
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("inference_address", "'inference_address' is not of the form NAME=VALUE"),
        ("colour=red", "colour is not a property of"),
    ],
)
def test_a_property_is_set_by_its_name(given: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--set", given]) == BAD_USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line
