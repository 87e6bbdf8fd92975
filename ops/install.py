"""Install packages with pip, and say what is done: ``python -m ops.install WHAT SIZE PIP_ARGUMENT...``.

Only the standard library is imported: this runs before anything is installed.
"""

import subprocess
import sys

from ops.steps import step


def install(what: str, size: str, arguments: list[str]) -> int:
    """Run ``pip install`` with its own progress where there is a terminal, else quietly; return its exit status."""
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *quiet, *arguments]
    with step(f"Installing {what} ({size})"):
        return subprocess.run(command, stdout=sys.stderr, check=False).returncode


if __name__ == "__main__":
    sys.exit(install(sys.argv[1], sys.argv[2], sys.argv[3:]))
