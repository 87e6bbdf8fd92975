"""What the commands share: exit statuses, the options for the server, and messages."""

import argparse
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from .._async_client import AsyncLukeQAClient
from .._client import LukeQAClient
from .._errors import LukeQAError, ReplyError
from .._printable import printable
from .._settings import DEFAULT_TIMEOUT, DEFAULT_URL, timeout_seconds

FAILED: Final = 1
BAD_USAGE: Final = 2  # argparse's own status; also for a request that the server rejects
NOT_IN_THE_TEXT: Final = 3  # of ask
INTERRUPTED: Final = 130  # what shells report for Ctrl-C

_Client = TypeVar("_Client", LukeQAClient, AsyncLukeQAClient)
_TIMEOUTS_IN_TOTAL: Final = 3  # an attempt that times out, and another with twice its time
_UNATTENDED_TIMEOUT: Final = 120.0  # seconds; at least this long for a question in unattended commands

_OPTIONS: Final = {"timeout": "--timeout", "verify": "--ca-file"}  # by the client's argument

_SERVER_HELP: Final = "environment variables ($…) apply if the option is not given"


class UsageError(Exception):
    """The command line is invalid, or a file cannot be read; the message says why."""


def new_parser(commands: Any, name: str, help: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """Add the subcommand ``name``, with the options for the server. Its help keeps the line breaks."""
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
        help=f"http://, https://, grpc:// or grpcs:// ($LUKE_QA_URL; default: {DEFAULT_URL})",
    )
    server.add_argument("--token", metavar="T", help="the inference key ($LUKE_QA_TOKEN)")
    server.add_argument("--key-file", metavar="PATH", type=Path, help="TorchServe's key_file.json, instead of --token")
    server.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        help=f"seconds per attempt ($LUKE_QA_TIMEOUT; default: {DEFAULT_TIMEOUT:g}), more for long contexts; with "
        f"retries, a question may take up to {_TIMEOUTS_IN_TOTAL} times as long (in batch and eval, at least "
        f"{_UNATTENDED_TIMEOUT:g} seconds)",
    )
    server.add_argument("--ca-file", metavar="PATH", type=Path, help="certificates of a private CA (PEM)")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show every retry, and the status, type and id of an error"
    )
    return parser


def open_client(options: argparse.Namespace, *, patient: bool = True) -> LukeQAClient:
    """Return a client for the server that the options or the environment name.

    A question may take up to three times as long as an attempt; with a ``patient`` client, for unattended commands, at
    least two minutes.
    """
    return _open(LukeQAClient, options, patient)


def open_async_client(options: argparse.Namespace) -> AsyncLukeQAClient:
    """Return an asynchronous client that is not patient; see ``open_client``."""
    return _open(AsyncLukeQAClient, options, patient=False)


def _open(kind: type[_Client], options: argparse.Namespace, patient: bool) -> _Client:
    try:
        total_timeout = _TIMEOUTS_IN_TOTAL * timeout_seconds(options.timeout)
        return kind(
            options.url or None,
            token=options.token or None,
            key_file=options.key_file,
            timeout=options.timeout,
            total_timeout=max(_UNATTENDED_TIMEOUT, total_timeout) if patient else total_timeout,
            verify=options.ca_file,
        )
    except ValueError as error:
        message = re.sub(r"^(timeout|verify)\b", lambda argument: _OPTIONS[argument[0]], str(error))
        raise UsageError(message) from error


def check_reachable(client: LukeQAClient) -> None:
    """Check without retries that there is a server, so that the user does not wait if there is none.

    Raises:
        TransportError: the server cannot be reached.
    """
    with suppress(ReplyError):  # there is a server; if it rejects questions, the question will show that
        client.health()


def utf8_argument(argument: str) -> str:
    """Return an argument's text, decoding as UTF-8 what the locale could not decode."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return os.fsencode(argument).decode("utf-8", "surrogateescape")
    return argument


def say(sentence: object) -> None:
    """Print a message on standard error."""
    print(f"luke-qa: {printable(str(sentence))}", file=sys.stderr)


def told(error: LukeQAError, options: argparse.Namespace | None) -> str:
    """Return an error's sentence, with ``--verbose`` followed by its technical details."""
    return str(error) if options is not None and options.verbose else error.message


@contextmanager
def logging_to_stderr(*, verbose: bool) -> Iterator[None]:
    """Print what the client logs: warnings, and with ``verbose`` every retry."""
    log, handler = logging.getLogger("luke_qa_client"), _ErrorStream()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO if verbose else logging.WARNING)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


class _ErrorStream(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record))  # on the stream of this moment: a progress bar replaces it


def complain(error: object, status: int) -> int:
    """Print an error on standard error; return ``status``."""
    say(error)
    return status
