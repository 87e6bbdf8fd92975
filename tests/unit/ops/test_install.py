"""The first minutes: what is installed, how large it is, and how long it took."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ops.layout import ROOT

WHAT = ("-m", "ops.install", "nothing new", "0 MB", "--no-index", "--dry-run", "pip")


def test_without_a_terminal_it_is_a_line_and_its_seconds() -> None:
    plain = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run([sys.executable, *WHAT], cwd=ROOT, env=plain, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert re.fullmatch(r"Installing nothing new \(0 MB\) \.\.\.\n  \d+\.\d s\n", done.stderr)


def test_on_a_terminal_pip_shows_its_progress() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, *WHAT], cwd=ROOT, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        written = b""
        try:
            while more := os.read(ours, 65536):
                written += more
        except OSError:  # what Linux says once the other side is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    assert "Requirement already satisfied: pip" in written.decode()


def test_what_pip_cannot_install_fails_with_its_reason() -> None:
    command = [sys.executable, *WHAT[:-1], "no-such-package-as-this"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No matching distribution found" in done.stderr


def test_every_installation_of_the_makefile_says_its_size() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installs = re.findall(r"(?:\$\(INSTALL\)|-m ops\.install) (.*)", makefile)
    assert len(installs) >= 8
    assert all(re.match(r'"[^"]+" "(small|[^"]*\d [GM]B[^"]*)" ', each) for each in installs)


@pytest.mark.parametrize(
    "module", ["ops start", "deploy.container", "deploy.haproxy .", "deploy.nginx", "ops stop", "ops keys list"]
)
def test_a_python_without_the_packages_is_one_sentence(module: str, tmp_path: Path) -> None:
    program = "import runpy, sys; sys.path.insert(0, sys.argv[1]); sys.argv = sys.argv[2:]; " + (
        "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
    )
    # -I and -S: neither the environment's paths nor the packages of this Python
    command = [sys.executable, "-I", "-S", "-c", program, str(ROOT), *module.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(
        r"\S+ has no package \w+: run `make setup`, and then this command as PYTHONPATH=.*\n", done.stderr
    )
