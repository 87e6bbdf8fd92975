"""The ``luke-qa`` command: one module per subcommand."""

import argparse
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import IO, Final, cast

from .._errors import BadRequestError, LukeQAError, MissingExtraError, TooLargeError
from .._version import __version__
from . import ask, batch, evaluate, health, ui
from .common import BAD_USAGE, FAILED, INTERRUPTED, UsageError, complain, logging_to_stderr, told
from .parser import Parser

_COMMANDS: Final = (ask, batch, evaluate, health, ui)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status.

    0, 1 (failure), 2 (usage error or invalid request), 3 (``ask``: probably not in the text) or 130 (Ctrl-C).
    """
    _prepare_streams()
    options = None
    try:
        try:
            options = _parser().parse_args(arguments)
            with logging_to_stderr(verbose=options.verbose):
                return cast("Callable[[argparse.Namespace], int]", options.run)(options)
        finally:
            sys.stdout.flush()  # here, a closed pipe or a full disk can still be handled
    except UsageError as error:
        return complain(error, BAD_USAGE)
    except (MissingExtraError, BadRequestError, TooLargeError) as error:
        return complain(told(error, options), BAD_USAGE)
    except LukeQAError as error:
        return complain(told(error, options), FAILED)
    except BrokenPipeError:  # the reader has closed the pipe, as `head` does
        _discard_output()
        return FAILED
    except OSError as error:
        _discard_output()
        return complain(f"{error.filename or 'The output'}: {error.strerror or error}.", FAILED)
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            print(file=sys.stderr)  # the terminal has written ^C
        return complain("Interrupted.", INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="luke-qa",
        description="Ask a Japanese LUKE question-answering server.",
        epilog="Run luke-qa COMMAND --help for its options and examples.",
    )
    parser.add_argument("--version", action="version", version=f"luke-qa {__version__}")
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
