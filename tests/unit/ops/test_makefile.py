"""The Makefile's verbs, as far as they can be tried without starting anything."""

import re
import subprocess

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
