"""Package a checkpoint and put it into service in place of what the running server has, without losing a request.

The server must have been started with MODEL_API=on. If the new version does not start or does not answer, the old one
stays in service.
"""

import sys

from ops.choice import add_choice_options, deprecations, read_request
from ops.layout import LOGS
from ops.options import Parser
from ops.packaging import ensure_archive, last_choice
from ops.record import ARCHIVE, NEXT, PREVIOUS, move_archive
from ops.server import running_instance
from ops.upgrade import check_upgradable, replace_version


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops upgrade", description=__doc__)
    add_choice_options(parser)
    given = parser.parse_args(options)
    for line in deprecations(given):
        print(line, file=sys.stderr)
    instance = running_instance()
    check_upgradable(instance)  # before minutes of packaging
    ensure_archive(read_request(given), NEXT, last_choice(ARCHIVE))

    def keep() -> None:
        move_archive(ARCHIVE, PREVIOUS)
        move_archive(NEXT, ARCHIVE)
        instance.pid_file.touch()  # what runs is no older than the archive

    version = replace_version(instance, NEXT, LOGS, keep)
    print(f"Version {version} is in service. `make rollback` goes back to the one before.")
    return 0
