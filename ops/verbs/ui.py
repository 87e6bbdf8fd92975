"""Ask the server in a browser, on a local page."""

import os
import sys
from pathlib import Path

from ops.asking import client_environment
from ops.options import Parser

COMMAND = Path(sys.prefix) / "ui" / "bin" / "luke-qa"  # in an environment of its own: see the Makefile


def main(options: list[str]) -> int:
    Parser(prog="python -m ops ui", description=__doc__).parse_args(options)
    os.execve(COMMAND, [str(COMMAND), "ui"], client_environment())
