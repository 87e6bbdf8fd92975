"""Images for the tests that run containers. They need podman and mmdebstrap; without them they are skipped."""

import shutil
import subprocess
import sys

import pytest

from ops.layout import ROOT
from tests.deploy.containers import Podman, make_base

BASE = "localhost/luke-qa-test-base:bookworm"
MACHINE = "localhost/luke-qa-test-machine:bookworm"
IMAGE = "localhost/luke-qa-test:latest"
# What a container gets by default may be more than this machine may give: it may be a container itself.
CONFIGURATION = """
[containers]
default_ulimits = ["nofile=8192:8192", "nproc=4096:4096"]
"""


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    for program in ("podman", "mmdebstrap"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install {program}")
    configuration = tmp_path_factory.mktemp("podman") / "containers.conf"
    configuration.write_text(CONFIGURATION, "utf-8")
    return Podman(configuration)


@pytest.fixture(scope="session")
def base(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian with Python, on which containers run here."""
    tag = make_base(podman, BASE, "python3,python3-venv,ca-certificates", tmp_path_factory.mktemp("base"))
    try:
        podman.run("run", "--rm", tag, "true")
    except AssertionError as error:
        pytest.skip(f"podman cannot run a container here: {error}")
    return tag


@pytest.fixture(scope="session")
def image(podman: Podman, base: str) -> str:
    """The server's image, built from this tree."""
    command = [sys.executable, "-m", "deploy.container", "--tag", IMAGE, "--base", base]
    subprocess.run(command, cwd=ROOT, env=podman.environment, check=True)
    return IMAGE


@pytest.fixture(scope="session")
def machine(podman: Podman, base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian with systemd and HAProxy."""
    packages = "systemd-sysv,dbus,python3,haproxy,procps"
    changes = ("STOPSIGNAL SIGUSR1", "ENV PATH=/usr/sbin:/usr/bin")
    return make_base(podman, MACHINE, packages, tmp_path_factory.mktemp("machine"), *changes)


@pytest.fixture(scope="session")
def haproxy(machine: str) -> str:
    """What stands for the official image of HAProxy, which ends softly on SIGUSR1, too."""
    return machine
