"""What the commands share: statuses, the options that say which server, and text that a terminal can be given."""

import argparse
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from .._client import LukeQAClient
from .._errors import ReplyError
from .._printable import printable
from .._settings import DEFAULT_TIMEOUT, DEFAULT_URL, timeout_seconds

FAILED: Final = 1
BAD_USAGE: Final = 2  # argparse's own, and a request that the server holds to be wrong
INTERRUPTED: Final = 130  # what shells report for Ctrl-C

_TRIES: Final = 3  # that a question has time for if all of them take as long as they may
_PATIENCE: Final = 120.0  # seconds

_OPTIONS: Final = {"timeout": "--timeout", "verify": "--ca-file"}  # by the names of the client's arguments

_SERVER_HELP: Final = "what is in the environment ($…) need not be said each time"


class UsageError(Exception):
    """The command line cannot be followed, or a file not be read; the message says why."""


def new_parser(commands: Any, name: str, help: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """Add the command `name`, whose help keeps the lines of `description` and `epilog`, and let it name its server."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    server = parser.add_argument_group("server", _SERVER_HELP)
    server.add_argument(
        "--url",
        metavar="URL",
        help=f"http://, https://, grpc:// or grpcs:// ($LUKE_QA_URL, else {DEFAULT_URL})",
    )
    server.add_argument("--token", metavar="T", help="the inference key ($LUKE_QA_TOKEN)")
    server.add_argument("--key-file", metavar="PATH", type=Path, help="TorchServe's key_file.json, in place of --token")
    server.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        help=f"seconds that one try may take ($LUKE_QA_TIMEOUT, else {DEFAULT_TIMEOUT:g}); a question is tried again "
        f"for {_TRIES} times as long, in batch and eval for {_PATIENCE:g} seconds at least",
    )
    server.add_argument("--ca-file", metavar="PATH", type=Path, help="a private CA's certificates (PEM)")
    return parser


def open_client(options: argparse.Namespace, *, patient: bool = True) -> LukeQAClient:
    """Return a client of the server that the options and the environment name.

    What may pass by itself is asked again while there is time for three tries that hang; a patient client goes on for
    two minutes, where no person waits.
    """
    try:
        total_timeout = _TRIES * timeout_seconds(options.timeout)
        return LukeQAClient(
            options.url or None,
            token=options.token or None,
            key_file=options.key_file,
            timeout=options.timeout,
            total_timeout=max(_PATIENCE, total_timeout) if patient else total_timeout,
            verify=options.ca_file,
        )
    except ValueError as error:
        message = re.sub(r"^(timeout|verify)\b", lambda argument: _OPTIONS[argument[0]], str(error))
        raise UsageError(message) from error


def knock(client: LukeQAClient) -> None:
    """Find out at once whether a server is there: a question would be tried again and again.

    Raises:
        TransportError: there is none.
    """
    with suppress(ReplyError):  # there is one; what it thinks of a question, the question will tell
        client.health()


def utf8_argument(argument: str) -> str:
    """Return an argument's text; what the locale could not decode is taken for UTF-8."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return os.fsencode(argument).decode("utf-8", "surrogateescape")
    return argument


def positive(argument: str) -> int:
    """Return an argument that is a whole number above 0."""
    number = int(argument)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above 0.")
    return number


def say(sentence: object) -> None:
    """Tell a person, on standard error."""
    print(f"luke-qa: {printable(str(sentence))}", file=sys.stderr)


def complain(error: object, status: int) -> int:
    """Say what is wrong; return `status`."""
    say(error)
    return status
