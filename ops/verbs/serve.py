"""Serve in the foreground, watched over: for containers, service managers and `make start`.

SIGTERM and Ctrl-C let what is in flight end first. A server that hangs or dies is started again. The exit status is 0
after such a signal, and 1 with a line that says why if the server could not be started.
"""

import logging
import os
import signal
import sys
from pathlib import Path

from ops.instance import read_properties
from ops.json_log import JsonFormatter
from ops.layout import LOGS, RUN
from ops.options import Parser
from ops.record import ARCHIVE
from ops.server import ServerError, make_instance, make_room
from ops.supervisor import StartError, Supervisor

TEXT = "%(asctime)s %(levelname)s %(message)s"


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops serve", description=__doc__)
    parser.add_argument("--archive", type=Path, default=ARCHIVE, help="the archive to serve")
    parser.add_argument("--home", type=Path, default=RUN, help="directory for keys, temporary files and process ids")
    parser.add_argument("--logs", type=Path, help="directory for the logs (default: logs, in --home if that is given)")
    parser.add_argument("--config", type=Path, help="properties that replace those of config/config.properties")
    parser.add_argument("--log-format", choices=("text", "json"), default="text", help="of the supervisor's own lines")
    given = parser.parse_args(options)
    home, archive = given.home.resolve(), given.archive.resolve()
    logs = (given.logs or (LOGS if home == RUN else home / "logs")).resolve()
    _log_to_stderr(JsonFormatter() if given.log_format == "json" else logging.Formatter(TEXT))
    instance = make_instance(home, read_properties(given.config) if given.config else None)
    if not archive.is_file():
        raise ServerError(f"{archive} does not exist: build it with `make archive`.")
    make_room(instance)
    supervisor = Supervisor(instance, archive, logs)
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


def _log_to_stderr(formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.INFO)
