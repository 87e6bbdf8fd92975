"""``luke-qa health``: whether the server is up and answers."""

import argparse
import time
from typing import Any, Final

from .._batch.patience import ask_test_question
from .._client import LukeQAClient
from .._errors import LukeQAError
from .._printable import printable
from .common import FAILED, complain, new_parser, open_client, told

_DESCRIPTION: Final = """\
Check whether the server is ready. TorchServe reports itself as healthy for minutes even while its workers fail to
start, so this also asks a test question and times the answer."""

_EPILOG: Final = """\
examples:
  luke-qa health
  luke-qa health --url grpc://127.0.0.1:7070 --timeout 2
  until luke-qa health --timeout 2; do sleep 1; done      wait until the server is ready

exit status: 0 ready, 1 not ready, 2 usage error"""


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "health", "check whether the server is ready", _DESCRIPTION, _EPILOG)
    parser.add_argument("--no-question", action="store_true", help="do not ask a test question")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask for the server's health, then ask a test question."""
    with open_client(options, patient=False) as client:
        health = client.health()
        print(f"The server reports {printable(health.status)}.")
        if not health.ready:
            return FAILED
        return 0 if options.no_question else _ask(client, options)


def _ask(client: LukeQAClient, options: argparse.Namespace) -> int:
    began = time.perf_counter()
    try:
        ask_test_question(client)
    except LukeQAError as error:
        return complain(f"The server did not answer a test question. {told(error, options)}", FAILED)
    print(f"It answered a test question in {1000 * (time.perf_counter() - began):.0f} ms.")
    return 0
