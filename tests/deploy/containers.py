"""Podman, as the tests call it."""

import os
import subprocess
from pathlib import Path

import requests

from ops.layout import MODEL_NAME

QUESTION, CONTEXT, ANSWER = "何が好きですか", "私は苺が好きです。", "苺"


class Podman:
    """The command, with its errors in the exception."""

    def __init__(self, configuration: Path) -> None:
        self.environment = {**os.environ, "CONTAINERS_CONF": str(configuration)}

    def run(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["podman", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if check and done.returncode:
            raise AssertionError(f"podman {' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip()

    def inspect(self, name: str, template: str) -> str:
        return self.run("inspect", "--format", template, name)

    def has_image(self, tag: str) -> bool:
        return tag in self.run("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()


def make_base(podman: Podman, tag: str, packages: str, directory: Path, *changes: str) -> str:
    """An image of Debian with these packages, made without a registry; kept for the next run."""
    if not podman.has_image(tag):
        archive = directory / "base.tar"
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", "bookworm", archive],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        podman.run("import", "--quiet", *(f"--change={change}" for change in changes), str(archive), tag)
        archive.unlink()
    return tag


def answers(url: str) -> bool:
    """Whether the server at ``url`` answers a question right."""
    asked = {"question": QUESTION, "context": CONTEXT}
    try:
        reply = requests.post(f"{url}/predictions/{MODEL_NAME}", json=asked, timeout=10)
    except requests.RequestException:
        return False
    return reply.ok and reply.json()["answer"] == ANSWER
