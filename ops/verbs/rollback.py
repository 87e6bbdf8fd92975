"""Put the archive from before the last upgrade back into service, without losing a request."""

from ops.layout import LOGS
from ops.options import Parser
from ops.record import ARCHIVE, NEXT, PREVIOUS, move_archive
from ops.server import running_instance
from ops.upgrade import UpgradeError, replace_version


def main(options: list[str]) -> int:
    Parser(prog="python -m ops rollback", description=__doc__).parse_args(options)
    if not PREVIOUS.is_file():
        raise UpgradeError("There is no archive from before an upgrade.")
    instance = running_instance()

    def keep() -> None:
        move_archive(PREVIOUS, NEXT)
        move_archive(ARCHIVE, PREVIOUS)
        move_archive(NEXT, ARCHIVE)
        instance.pid_file.touch()

    version = replace_version(instance, PREVIOUS, LOGS, keep)
    print(f"Version {version} is back in service.")
    return 0
