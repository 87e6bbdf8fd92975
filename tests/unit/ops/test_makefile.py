"""The Makefile's verbs, as far as they can be tried without starting anything."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.layout import ROOT

VERBS = {"setup", "model", "archive", "start", "stop", "status", "ask", "demo", "test", "lint", "clean"}
VERBS |= {"train", "evaluate", "finetune"}


def make(*arguments: str) -> str:
    done = subprocess.run(["make", "-s", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_help_lists_every_verb_with_a_word_about_it() -> None:
    lines = [line.split(maxsplit=1) for line in make("help").splitlines()]
    assert {verb for verb, _ in lines} >= VERBS
    assert make() == make("help")


def test_env_prints_nothing_but_exports() -> None:
    lines = make("env").splitlines()
    assert all(re.fullmatch(r"export \w+=.+", line) for line in lines)
    names = {line.split("=")[0].removeprefix("export ") for line in lines}
    assert names == {"PATH", "JAVA_HOME", "TMPDIR", "TEMP", "OMP_WAIT_POLICY"}


def test_the_environment_runs_torchserve_and_java() -> None:
    script = 'eval "$(make -s env)" && torchserve --version && "$JAVA_HOME/bin/java" -version && [ -d "$TMPDIR" ]'
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "0.12.0" in done.stdout
    assert '"21' in done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the Makefile and what it looks at, whose last archive holds int8 for OpenVINO."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for folder in ("ops", "handler", "config", "requirements", "client", "checkpoints/embedded"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("ops/archive.py", "ops/profiles.py", "ops/quantise.py", "client/pyproject.toml", "q.json"):
        (tmp_path / file).touch()
    for file in ("model-config.yaml", "gpu.yaml"):
        (tmp_path / "config" / file).touch()
    for file in ("serve", "openvino", "int8", "lock"):
        (tmp_path / "requirements" / f"{file}.txt").touch()
    (tmp_path / ".run").mkdir()
    for name, value in {"checkpoint": "mine", "end_label": "", "engine": "openvino", "int8": "q.json"}.items():
        (tmp_path / ".run" / name).write_text(value)
    return tmp_path


def packaging(copy: Path, *arguments: str) -> str | None:
    """The packaging command that `make archive` would run; None where the archive is up to date."""
    command = ["make", "-n", "archive", *arguments]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=True, env=environment)
    return next((line for line in done.stdout.replace("\\\n", "").splitlines() if "-m ops.archive" in line), None)


def built(copy: Path) -> None:
    """As after the build of what `.run` says."""
    for file in (".venv/bin/python", ".venv/.serve", ".venv/.openvino", ".venv/.int8", "model_store/luke-qa.mar"):
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        (copy / file).touch()


def test_what_was_packaged_stays_until_something_else_is_asked_for(copy: Path) -> None:
    built(copy)
    assert packaging(copy) is None
    assert packaging(copy, "ENGINE=openvino", "INT8=q.json", "CHECKPOINT=mine", "PROFILE=auto") is None
    assert "$PROFILE" in (packaging(copy, "PROFILE=gpu") or "")
    assert "--int8" not in (packaging(copy, "ENGINE=torch") or "--int8")
    assert "--int8" not in (packaging(copy, "INT8=") or "--int8")
    assert "--int8" in (packaging(copy, "CHECKPOINT=other") or "")


def test_a_changed_question_set_is_judged_by_anew(copy: Path) -> None:
    built(copy)
    later = (copy / "model_store" / "luke-qa.mar").stat().st_mtime + 10
    os.utime(copy / "q.json", (later, later))
    assert "--int8" in (packaging(copy) or "")


@pytest.mark.parametrize("verb", ["train", "evaluate", "finetune"])
def test_a_verb_says_which_variable_it_lacks(verb: str) -> None:
    done = subprocess.run(["make", "-n", verb], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert re.search(r"[A-Z]+= is missing: see `make help`", done.stderr)
