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
from ops.instance import read_properties
from ops.json_log import JsonFormatter
from ops.layout import CONFIG, LOGS, RUN
from ops.options import Parser
from ops.production import check_profile, open_addresses, profile
from ops.record import ARCHIVE, check_archive
from ops.server import ServerError, make_instance, make_room
from ops.supervisor import StartError, Supervisor

logger = logging.getLogger(__name__)

TEXT = "%(asctime)s %(levelname)s %(message)s"


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops serve", description=__doc__)
    parser.add_argument("--archive", type=Path, default=ARCHIVE, help="the archive to serve")
    parser.add_argument("--home", type=Path, default=RUN, help="directory for keys, temporary files and process ids")
    parser.add_argument("--logs", type=Path, help="directory for the logs (default: logs, in --home if that is given)")
    parser.add_argument("--config", type=Path, help="properties that replace those of config/config.properties")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest="overrides",
        type=_pair,
        action="append",
        default=[],
        help="a property that replaces that of the files; may be repeated",
    )
    parser.add_argument("--log-format", choices=("text", "json"), default="text", help="of the supervisor's own lines")
    given = parser.parse_args(options)
    home, archive = given.home.resolve(), given.archive.resolve()
    logs = (given.logs or (LOGS if home == RUN else home / "logs")).resolve()
    _log_to_stderr(JsonFormatter() if given.log_format == "json" else logging.Formatter(TEXT))
    overrides = dict(given.overrides)
    if unknown := sorted(overrides.keys() - make_instance(home).properties.keys()):
        raise UsageError(f"{unknown[0]} is not a property of {CONFIG / 'config.properties'}.")
    instance = make_instance(home, {**(read_properties(given.config) if given.config else {}), **overrides})
    check_profile(instance)
    for name in open_addresses(instance):
        logger.warning("%s is open to a network, without TLS: this is no production.", name)
    if not archive.is_file():
        raise ServerError(f"{archive} does not exist: build it with `make archive`.")
    check_archive(archive)
    make_room(instance)
    supervisor = Supervisor(instance, archive, logs)
    logger.info("The server runs in %s.", profile(instance))
    for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as SIGHUP is under nohup
            signal.signal(ending, lambda *_: supervisor.stop())
    instance.supervisor_file.write_text(str(os.getpid()))
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


def _log_to_stderr(formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.INFO)
