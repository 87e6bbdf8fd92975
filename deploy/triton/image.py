"""Build Triton's image with what the model needs: NVIDIA's image has no torch."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from deploy.container.build import BUILDERS
from deploy.triton.command import IMAGE, TritonError
from ops.layout import ROOT

CONTAINERFILE: Final = Path(__file__).parent / "Containerfile"


def build_image(base: str | None) -> None:
    """Build the image on ``base``; None: the one that the Containerfile names.

    Raises:
        TritonError: neither builder is installed, or the build failed.
    """
    builder = next((name for name in BUILDERS if shutil.which(name)), None)
    if builder is None:
        raise TritonError("Neither podman nor docker is installed: install one of them.")
    command = [builder, "build", *((f"--build-arg=BASE={base}",) if base else ()), "-t", IMAGE]
    if builder == "podman":
        command += [f"--ignorefile={CONTAINERFILE}.dockerignore"]  # docker finds it by its name
    if subprocess.run([*command, "-f", str(CONTAINERFILE), str(ROOT)], env=dict(os.environ)).returncode:
        raise TritonError(f"`{builder} build` failed; its output above says why.")
