"""Ask the server in a browser, on a local page."""

import os
import sys
from pathlib import Path

from ops.asking import client_environment
from ops.options import Parser

COMMAND = Path(sys.prefix) / "ui" / "bin" / "luke-qa"  # in an environment of its own: see the Makefile


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops ui", description=__doc__)
    parser.add_option("feedback", "a file that keeps what is said of the answers (SQuAD 2.0, JSON Lines)")
    parser.add_option("port", "the page's port; 0 picks a free one")
    given = parser.parse_args(options)
    arguments = ["--open"]
    for name, value in (("--feedback", given.feedback), ("--port", given.port)):
        arguments += [name, value] if value else []
    os.execve(COMMAND, [str(COMMAND), "ui", *arguments], client_environment())
