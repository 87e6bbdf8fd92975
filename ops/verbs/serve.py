"""Serve in the foreground, under a supervisor: for containers, service managers and `make start`.

On SIGTERM or Ctrl-C, requests in flight are completed first. A server that hangs or dies is restarted. The exit status
is 0 after such a signal, and 1 if the server could not be started; a message says why.
"""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from ops.errors import UsageError
from ops.instance import Instance, read_properties
from ops.layout import CONFIG, LOGS, RUN
from ops.options import Parser
from ops.record import ARCHIVE
from ops.server import ServerError, make_instance
from ops.supervisor import StartError, Supervisor


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops serve", description=__doc__)
    parser.add_argument("--archive", type=Path, default=ARCHIVE, help="the archive to serve")
    parser.add_argument("--home", type=Path, default=RUN, help="directory for keys, temporary files and process ids")
    parser.add_argument("--logs", type=Path, default=LOGS, help="directory for the logs")
    parser.add_argument("--config", type=Path, help="properties, in place of config/config.properties")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest="overrides",
        type=_pair,
        action="append",
        default=[],
        help="a property in place of its value in the file; may be repeated",
    )
    given = parser.parse_args(options)
    home, logs, archive = (path.resolve() for path in (given.home, given.logs, given.archive))
    configured = Instance(home, read_properties(given.config)) if given.config else make_instance(home)
    overrides = dict(given.overrides)
    if unknown := sorted(overrides.keys() - configured.properties.keys()):
        raise UsageError(f"{unknown[0]} is not a property of {given.config or CONFIG / 'config.properties'}.")
    instance = Instance(home, {**configured.properties, **overrides})
    if not archive.is_file():
        raise ServerError(f"{archive} does not exist: build it with `make archive`.")
    if taken := instance.taken_ports():
        raise ServerError(f"port {', '.join(map(str, taken))}: another program is listening there.")
    home.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    instance.supervisor_file.write_text(str(os.getpid()))
    supervisor = Supervisor(instance, archive, logs)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: supervisor.stop())
    try:
        supervisor.run()
    except StartError as error:
        raise ServerError(str(error)) from error
    finally:
        instance.supervisor_file.unlink(missing_ok=True)
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value
