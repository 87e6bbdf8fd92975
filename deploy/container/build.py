"""Build the image with podman or docker; pip inside it is configured as on this machine."""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ops.errors import OpsError
from ops.layout import ROOT

CONTAINERFILE = ROOT / "deploy" / "container" / "Containerfile"
BUILDERS = ("podman", "docker")


class BuildError(OpsError):
    """The image could not be built."""


def build_image(tag: str, arguments: Mapping[str, str], containerfile: Path = CONTAINERFILE) -> None:
    """Build the image ``tag`` with the build arguments of ``containerfile``, from what its .dockerignore lets in.

    Raises:
        BuildError: neither builder is installed, or the build failed.
    """
    builder = next((name for name in BUILDERS if shutil.which(name)), None)
    if builder is None:
        raise BuildError("Neither podman nor docker is installed: install one of them.")
    settings = pip_settings()
    with tempfile.TemporaryDirectory() as directory:
        secret = Path(directory) / "pip.conf"
        secret.write_text(as_file(settings), "utf-8")
        command = [builder, "build", "--network=host", f"--secret=id=pip,src={secret}"]
        if builder == "podman":
            command += [f"--ignorefile={containerfile}.dockerignore"]  # docker finds it by its name
            command += [f"--volume={path}:{path}:ro" for path in local_paths(settings)]
        command += [f"--build-arg={name}={value}" for name, value in arguments.items()]
        command += ["-t", tag, "-f", str(containerfile), str(ROOT)]
        # BuildKit is the default of docker since 23, and has secrets.
        if subprocess.run(command, env={**os.environ, "DOCKER_BUILDKIT": "1"}).returncode:
            raise BuildError(f"`{builder} build` failed; its output above says why.")


def pip_settings() -> dict[str, str]:
    """The settings of this machine's pip; its environment variables come after its files and win over them."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    pairs = [line.partition("=") for line in listed.splitlines()]
    pairs.sort(key=lambda pair: pair[0].startswith(":env:"))
    return {name.rpartition(".")[2]: str(ast.literal_eval(value)) for name, _, value in pairs}


def as_file(settings: Mapping[str, str]) -> str:
    """The text of a pip.conf."""
    lines = (f"{name} = {value.replace(chr(10), chr(10) + '    ')}\n" for name, value in settings.items())
    return "[global]\n" + "".join(lines)


def local_paths(settings: Mapping[str, str]) -> list[Path]:
    """The files and directories of this machine that the settings name.

    Of an index (``file:///.../simple``) it is the directory around it: its pages link to files beside it.
    """
    words = [word for value in settings.values() for word in value.split()]
    indexes = {Path(word.removeprefix("file://")).parent for word in words if word.startswith("file:///")}
    paths = indexes | {Path(word) for word in words if word.startswith("/")}
    return sorted(path for path in paths if path.exists())
