"""How Triton is run: in its container where there is an image of it, otherwise the binary of PyPI's nvidia-pytriton."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.container.build import BUILDERS
from deploy.triton.place import Place
from deploy.triton.supervisor import PREFIX
from ops.errors import OpsError
from ops.layout import MODEL_NAME

IMAGE: Final = "luke-qa-triton"  # `make triton-image` builds it
ENVIRONMENT: Final = Path(sys.prefix) / "triton"  # `make setup-triton` installs it
EXIT_TIMEOUT: Final = 30  # seconds that the requests in flight get when the server stops

# They travel from the headers of a request into its parameters, where the model finds them.
_HEADERS: Final = "(?i)(x-request-id|x-request-start|traceparent|tracestate)"


class TritonError(OpsError):
    """Triton is not installed, or not in the state that was asked for."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that runs Triton in the foreground, and its environment."""

    words: Sequence[str]
    environment: Mapping[str, str]


def find_command(place: Place, cores: int) -> Command:
    """Return the command that serves ``place``, with ``cores`` for the model's instances to share.

    Raises:
        TritonError: there is neither an image nor a binary.
    """
    engine = find_image()
    if engine is not None:
        return container(engine, place, cores)
    server = _installed()
    if server is None:
        raise TritonError(
            f"Triton is not installed: run `make setup-triton` (its binary from PyPI), or build the image {IMAGE} with "
            "`make triton-image`."
        )
    return binary(server, place, cores)


def binary(server: Path, place: Place, cores: int) -> Command:
    """Return the command for ``pytriton/tritonserver`` in its environment. The backend's stub runs that Python."""
    words = [
        str(server / "bin" / "tritonserver"),
        *_options(str(place.repository), cores),
        f"--backend-directory={server / 'backends'}",
        # Of its own: two servers on one machine must not share memory.
        f"--backend-config=python,{PREFIX}luke-qa-{place.ports.http}-",
        *(f"--{name}-address=127.0.0.1" for name in ("http", "grpc", "metrics")),
        f"--http-port={place.ports.http}",
        f"--grpc-port={place.ports.grpc}",
        f"--metrics-port={place.ports.metrics}",
    ]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return Command(
        words,
        inherited
        | {
            "PATH": os.pathsep.join([str(ENVIRONMENT / "bin"), os.environ.get("PATH", os.defpath)]),
            # The stub must find the library of this Python, not one of the system.
            "LD_LIBRARY_PATH": str(sysconfig.get_config_var("LIBDIR")),
            "TMPDIR": str(place.temporary),
            "PYTHONDONTWRITEBYTECODE": "1",  # the model repository stays as it was built
            "OMP_WAIT_POLICY": "PASSIVE",  # see ops.layout.environment
        },
    )


def container(engine: str, place: Place, cores: int) -> Command:
    """Return the command for the image. Inside, the addresses are open; only these ports of loopback lead there."""
    published = {place.ports.http: 8000, place.ports.grpc: 8001, place.ports.metrics: 8002}
    words = [
        *(engine, "run", "--rm", "--init", "--shm-size=1g"),
        *(f"--publish=127.0.0.1:{port}:{inside}" for port, inside in published.items()),
        f"--volume={place.repository}:/models",
        *(("--gpus=all",) if shutil.which("nvidia-smi") else ()),
        IMAGE,
        *_options("/models", cores),
    ]
    return Command(words, dict(os.environ))


def _options(repository: str, cores: int) -> list[str]:
    return [
        f"--model-repository={repository}",
        # Nothing is loaded because it lies there: `make triton-upgrade` says when.
        "--model-control-mode=explicit",
        f"--load-model={MODEL_NAME}",
        "--disable-auto-complete-config",  # config.pbtxt says all
        "--rate-limit=execution_count",
        f"--rate-limit-resource=core:{cores}",
        f"--exit-timeout-secs={EXIT_TIMEOUT}",
        "--metrics-config=summary_latencies=true",
        f"--http-header-forward-pattern={_HEADERS}",
        f"--grpc-header-forward-pattern={_HEADERS}",
    ]


def find_image() -> str | None:
    """Return the container engine that has Triton's image; None if none has."""
    for engine in BUILDERS:
        if shutil.which(engine):
            found = subprocess.run([engine, "image", "inspect", IMAGE], capture_output=True, check=False)
            if found.returncode == 0:
                return engine
    return None


def _installed() -> Path | None:
    """The folder with Triton's binary, backends and stubs."""
    return next(ENVIRONMENT.glob("lib/python3*/site-packages/pytriton/tritonserver"), None)
