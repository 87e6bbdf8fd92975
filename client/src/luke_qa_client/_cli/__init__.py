"""The command ``luke-qa``: one module a command."""

import argparse
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import IO, Final, cast

from .._errors import BadRequestError, LukeQAError, MissingExtraError
from . import ask, batch, evaluate, health, ui
from .common import BAD_USAGE, FAILED, INTERRUPTED, UsageError, complain

_COMMANDS: Final = (ask, batch, evaluate, health, ui)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 (it failed), 2 (bad usage, or a bad request), 130 (Ctrl-C)."""
    _prepare_streams()
    try:
        try:
            options = _parser().parse_args(arguments)
            return cast("Callable[[argparse.Namespace], int]", options.run)(options)
        finally:
            sys.stdout.flush()  # here, where a closed pipe or a full disk can still be handled
    except (UsageError, MissingExtraError, BadRequestError) as error:
        return complain(error, BAD_USAGE)
    except LukeQAError as error:
        return complain(error, FAILED)
    except BrokenPipeError:  # the reader has gone, as `head` does
        _let_go_of_output()
        return FAILED
    except OSError as error:
        _let_go_of_output()
        return complain(f"{error.filename or 'The output'}: {error.strerror or error}.", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="luke-qa",
        description="Ask a LUKE question-answering server for Japanese.",
        epilog="luke-qa COMMAND --help shows a command's options and examples.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser


def _prepare_streams() -> None:
    """Write UTF-8 whatever the locale, lone surrogates escaped; a stream that the caller has closed takes anything."""
    sys.stdout, sys.stderr = _writable(sys.stdout), _writable(sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _writable(stream: IO[str] | None) -> TextIOWrapper:
    return cast("TextIOWrapper", stream or open(os.devnull, "w"))


def _let_go_of_output() -> None:
    """Spare the interpreter's last flush the same failure, of which it would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
