"""The options of the commands, given to Python or to make.

``make start BACKEND=openvino`` puts ``LUKE_QA_MAKE_BACKEND=openvino`` into the environment, and that is the default of
``--backend``. In the environment neither make nor the shell expands a value, whatever it contains.
"""

import argparse
import os
from typing import NoReturn

from ops.errors import UsageError

MAKE_PREFIX = "LUKE_QA_MAKE_"


class Parser(argparse.ArgumentParser):
    """The parser of a command. Raises ``UsageError`` instead of printing its usage and exiting."""

    def add_option(self, name: str, help: str, default: str | None = None) -> None:
        """Add ``--name``, which make calls ``NAME``."""
        variable = name.upper().replace("-", "_")
        given = os.environ.get(MAKE_PREFIX + variable, default)
        self.add_argument(f"--{name}", metavar=variable, default=given, help=help)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`.")


def on_or_off(name: str, value: str | None) -> bool | None:
    """Read a switch; None if it is not given or empty.

    Raises:
        UsageError: the value is neither ``on`` nor ``off``.
    """
    if value not in (None, "", "on", "off"):
        raise UsageError(f"{name} must be on or off, not {value!r}.")
    return value == "on" if value else None
