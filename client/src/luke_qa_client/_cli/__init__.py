"""The ``luke-qa`` command: one module per subcommand."""

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
    """Run the command; return its exit status.

    0, 1 (failure), 2 (usage error or invalid request), 3 (``ask``: probably not in the text) or 130 (Ctrl-C).
    """
    _prepare_streams()
    try:
        try:
            options = _parser().parse_args(arguments)
            return cast("Callable[[argparse.Namespace], int]", options.run)(options)
        finally:
            sys.stdout.flush()  # here, a closed pipe or a full disk can still be handled
    except (UsageError, MissingExtraError, BadRequestError) as error:
        return complain(error, BAD_USAGE)
    except LukeQAError as error:
        return complain(error, FAILED)
    except BrokenPipeError:  # the reader has closed the pipe, as `head` does
        _discard_output()
        return FAILED
    except OSError as error:
        _discard_output()
        return complain(f"{error.filename or 'The output'}: {error.strerror or error}.", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="luke-qa",
        description="Ask a Japanese LUKE question-answering server.",
        epilog="Run luke-qa COMMAND --help for its options and examples.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser


def _prepare_streams() -> None:
    """Write UTF-8 in any locale, with lone surrogates escaped, and ignore output to a stream that is closed."""
    sys.stdout, sys.stderr = _writable(sys.stdout), _writable(sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _writable(stream: IO[str] | None) -> TextIOWrapper:
    return cast("TextIOWrapper", stream or open(os.devnull, "w"))


def _discard_output() -> None:
    """Keep the interpreter's final flush from failing in the same way and printing its own message."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
