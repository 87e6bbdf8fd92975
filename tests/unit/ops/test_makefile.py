"""The Makefile's verbs: what they list, and what reaches Python of the variables."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.layout import ROOT
from ops.options import MAKE_PREFIX

VERBS = {"setup", "model", "archive", "start", "stop", "status", "ask", "demo", "test", "lint", "clean"}
VERBS |= {"train", "evaluate", "finetune", "bench"}

# A shell's environment, with variables that nobody gave to make.
SHELL = {"PROFILE": "x", "ENGINE": "y", "CHECKPOINT": "z", "BACKEND": "q", "INT8": "i", "END_LABEL": "e", "AUTH": "on"}
SHELL |= {"QUESTION": "?", "CONTEXT": "!", "REPO": "r", "REVISION": "v", "DATA": "d", "OUT": "o", "PYTHON": "nowhere"}
SHELL |= {f"{MAKE_PREFIX}{name}": "w" for name in SHELL}

TEXTS = [
    "x; echo INJECTED > injected",
    "$(shell touch injected)$(touch injected)`touch injected`",
    "$HOME $$HOME ${HOME} $(HOME) $",
    "'single' \"double\" \\back\\ \\",
    "日本 語、苺。",
    "one\ntwo\n\tthree",
    "# no comment",
    "--option=value",
    "a & b | c > injected < d * ? [e] ~ !f %g",
]

# Stands in for the virtual environment's Python, and writes down how it was called.
PYTHON = """\
#!{python}
import json, os, sys
if sys.argv[1:] == ["-m", "ops", "needs"]:
    print("setup")
elif sys.argv[1:] == ["-m", "ops", "checkpoint"]:
    print("the last one")
else:
    with open("calls.jsonl", "a") as calls:
        calls.write(json.dumps({{"arguments": sys.argv[1:], "environment": dict(os.environ)}}) + "\\n")
"""


@dataclass(frozen=True)
class Call:
    """How Python was called."""

    arguments: list[str]
    environment: dict[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """The variables of make that reached it."""
        return {
            name.removeprefix(MAKE_PREFIX): value
            for name, value in self.environment.items()
            if name.startswith(MAKE_PREFIX)
        }


@dataclass(frozen=True)
class Copy:
    """A folder with the Makefile and a virtual environment that looks complete."""

    directory: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], **SHELL}
        return subprocess.run(
            ["make", *arguments], cwd=self.directory, capture_output=True, text=True, env=environment, check=False
        )

    def call(self, *arguments: str) -> Call:
        """The call of Python that ``make`` comes down to."""
        log = self.directory / "calls.jsonl"
        log.unlink(missing_ok=True)
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert not (self.directory / "injected").exists()
        return Call(**json.loads(log.read_text("utf-8").splitlines()[-1]))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    directory = tmp_path / "日本 語"
    for file in (
        "requirements/serve.txt",
        "requirements/client.txt",
        "requirements/lock.txt",
        "requirements/ui.txt",
        "requirements/docs.txt",
        "client/pyproject.toml",
        ".venv/bin/python",
        ".venv/.serve",
        ".venv/.ui",
        ".venv/.dev",
    ):
        (directory / file).parent.mkdir(parents=True, exist_ok=True)
        (directory / file).touch()
    shutil.copy(ROOT / "Makefile", directory)
    python = directory / ".venv" / "bin" / "python"
    python.write_text(PYTHON.format(python=sys.executable))
    python.chmod(0o755)
    return Copy(directory)


def test_help_lists_every_verb_with_a_word_about_it(copy: Copy) -> None:
    shown = copy.run("help").stdout
    lines = [line.split(maxsplit=1) for line in shown.splitlines()]
    assert {verb for verb, _ in lines} >= VERBS
    assert copy.run().stdout == shown


def test_the_documentation_installs_only_what_it_needs(copy: Copy) -> None:
    (copy.directory / ".venv" / ".serve").unlink()
    would_run = copy.run("-n", "docs").stdout
    assert re.findall(r"requirements/(\w+)\.txt", would_run) == ["docs", "lock"]
    assert "make docs-serve" in would_run


def test_a_misspelt_variable_is_refused(copy: Copy) -> None:
    done = copy.run("start", "CHECKPIONT=x")
    assert (done.returncode, done.stdout) == (2, "")
    assert "CHECKPIONT= is not a variable of this Makefile: see `make help`" in done.stderr
    assert not (copy.directory / "calls.jsonl").exists()


def test_help_names_every_variable(copy: Copy) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    (names,) = re.findall(r"^VARIABLES := (.*)$", makefile, re.MULTILINE)
    named = set(re.findall(r"\b([A-Z0-9_]+)=", copy.run("help").stdout))
    assert named == set(names.split()) - {"ENGINE"}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["CHECKPOINT", "END_LABEL", "BACKEND", "ENGINE", "INT8", "PROFILE", "AUTH"])
def test_what_start_is_given_arrives_as_it_is(name: str, text: str, copy: Copy) -> None:
    call = copy.call("start", f"{name}={text}")
    assert call.arguments == ["-m", "ops", "start"]
    assert call.variables == {name: text}


@pytest.mark.parametrize("text", TEXTS)
def test_every_other_text_arrives_as_it_is(text: str, copy: Copy) -> None:
    assert copy.call("model", f"REPO={text}", f"REVISION={text}").variables == {"REPO": text, "REVISION": text}
    assert copy.call("ask", f"QUESTION={text}", f"CONTEXT={text}").variables == {"QUESTION": text, "CONTEXT": text}
    evaluate = ["-m", "training.evaluate", "--data", text, "--checkpoint", text]
    assert copy.call("evaluate", f"DATA={text}", f"CHECKPOINT={text}").arguments == evaluate
    finetune = ["-m", "training.finetune", "--base", text, "--train", text, "--dev", text, "--out", text]
    names = ("BASE", "TRAIN", "DEV", "OUT")
    assert copy.call("finetune", *(f"{name}={text}" for name in names)).arguments == finetune
    bench = ["-m", "bench", "--data", text, "--int8", text, "--checkpoint", text]
    assert copy.call("bench", *(f"{name}={text}" for name in ("DATA", "INT8", "CHECKPOINT"))).arguments == bench


@pytest.mark.parametrize("text", TEXTS)
def test_lists_are_split_at_white_space_and_nothing_else(text: str, copy: Copy) -> None:
    names = ("ARTICLES", "QUESTIONS", "SENTENCES", "BOOKS", "OUT", "WORK", "DEV", "OPTIONS")
    arguments = copy.call("train", *(f"{name}={text}" for name in names)).arguments
    options = [part for name in ("articles", "questions", "sentences", "books") for part in (f"--{name}", text)]
    words = text.split()
    assert arguments == [
        *("-m", "training.train", *options, "--held-out", *words, "--work", text, "--out", text, *words)
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_corrections_and_options_are_lists_too(text: str, copy: Copy) -> None:
    names = ("BASE", "TRAIN", "CORRECTIONS", "DEV", "OUT", "OPTIONS")
    words = text.split()
    assert copy.call("finetune", *(f"{name}={text}" for name in names)).arguments == [
        *("-m", "training.finetune", "--base", text, "--train", text, *words, "--dev", text, "--out", text, *words)
    ]
    evaluate = ["-m", "training.evaluate", "--data", text, "--checkpoint", text, *words]
    assert (
        copy.call("evaluate", *(f"{name}={text}" for name in ("DATA", "CHECKPOINT", "OPTIONS"))).arguments == evaluate
    )


def test_the_page_gets_its_port(copy: Copy) -> None:
    assert copy.call("ui", "PORT=9000").variables == {"PORT": "9000"}


def test_nothing_is_taken_from_the_environment(copy: Copy) -> None:
    for verb in ("start", "archive", "model", "ask", "demo"):
        call = copy.call(verb)
        assert call.variables == {}
        assert not call.environment.keys() & SHELL.keys()
        assert copy.call("-e", verb).variables == {}
    assert copy.call("evaluate", "DATA=d").arguments[-2:] == ["--checkpoint", "the last one"]


def test_an_empty_variable_is_given_nevertheless(copy: Copy) -> None:
    assert copy.call("start", "INT8=").variables == {"INT8": ""}


@pytest.mark.parametrize("verb", ["train", "evaluate", "finetune", "bench"])
def test_a_verb_says_which_variable_it_lacks_before_it_installs_anything(verb: str, copy: Copy) -> None:
    (copy.directory / ".venv" / ".dev").unlink()
    done = copy.run(verb)
    assert done.returncode == 2
    assert not (copy.directory / "calls.jsonl").exists()
    assert re.search(r"[A-Z]+= is missing: see `make help`", done.stderr)


def test_a_python_is_chosen_on_the_command_line_only(copy: Copy) -> None:
    python = copy.directory / ".venv" / "bin" / "python"
    python.unlink()
    (copy.directory / "my python").write_text('#!/bin/sh\necho "$@" > made\n')
    (copy.directory / "my python").chmod(0o755)
    copy.run("setup", "PYTHON=./my python")
    assert (copy.directory / "made").read_text().split() == ["-m", "venv", ".venv"]


def make(*arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "-s", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout


def test_env_prints_nothing_but_exports() -> None:
    lines = make("env").splitlines()
    assert all(re.fullmatch(r"export \w+=.+", line) for line in lines)
    names = {line.split("=")[0].removeprefix("export ") for line in lines}
    assert names == {"PATH", "JAVA_HOME", "TMPDIR", "TEMP", "PROMETHEUS_MULTIPROC_DIR", "OMP_WAIT_POLICY"}


def test_the_environment_runs_torchserve_and_java() -> None:
    script = 'eval "$(make -s env)" && torchserve --version && "$JAVA_HOME/bin/java" -version && [ -d "$TMPDIR" ]'
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "0.12.0" in done.stdout
    assert '"21' in done.stderr
