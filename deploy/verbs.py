"""What the commands of Triton and of KServe's server share."""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from luke_qa.settings import SettingsError
from ops.asking import EXAMPLES
from ops.choice import deprecations, read_request
from ops.errors import BAD_USAGE, FAILED, OpsError, UsageError
from ops.options import Parser
from ops.packaging import ensure_archive, is_other_checkpoint

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Commands = Mapping[str, Callable[[Namespace], None]]

_Ports = TypeVar("_Ports", bound="DataclassInstance")


def run(commands: Commands, make_parser: Callable[[str], Parser], arguments: list[str]) -> int:
    """Run the command that the first argument names; return its exit status. What goes wrong is one line."""
    name, options = (arguments or [""])[0], arguments[1:]
    try:
        if name not in commands:
            raise UsageError(f"{name!r} is not a command; the commands are: {', '.join(commands)}.")
        commands[name](make_parser(name).parse_args(options))
    except UsageError as error:
        return _complain(error, BAD_USAGE)
    except (OpsError, SettingsError, OSError) as error:
        return _complain(error, FAILED)
    return 0


def package(given: Namespace) -> None:
    """Package the chosen checkpoint, unless the archive is up to date."""
    for line in deprecations(given):
        print(line, file=sys.stderr)
    ensure_archive(read_request(given))


def check_running(server: str, target: str, given: Namespace) -> None:
    """Accept a server that runs as the one asked for.

    Raises:
        OpsError: another checkpoint is asked for than the last. ``target`` is the make target that stops the server.
    """
    if is_other_checkpoint(read_request(given)):
        raise OpsError(f"{server} is already running, and keeps its checkpoint: run `make {target}` first.")


def ask(url: str, given: Namespace) -> bool:
    """Ask the server at ``url``, or at the address in the environment, with the luke-qa command; return its success."""
    words = [sys.executable, "-m", "luke_qa_client", "ask", "--", given.question, given.context]
    return subprocess.run(words, env={"LUKE_QA_URL": url, **os.environ}).returncode == 0


def add_question_options(parser: Parser) -> None:
    parser.add_option("question", "the question", EXAMPLES[0].question)
    parser.add_option("context", "the text that answers it", EXAMPLES[0].context)


def add_port_options(parser: Parser, defaults: _Ports) -> None:
    for protocol, port in asdict(defaults).items():
        parser.add_argument(f"--{protocol}-port", type=int, help=f"a port of 127.0.0.1 (default: {port})")


def read_ports(given: Namespace, defaults: _Ports) -> _Ports:
    """Return the ports of ``add_port_options``."""
    ports = {protocol: getattr(given, f"{protocol}_port") for protocol in asdict(defaults)}
    return type(defaults)(**{protocol: port for protocol, port in ports.items() if port is not None})


def _complain(error: Exception, status: int) -> int:
    print(error, file=sys.stderr)
    return status
