"""Stop the server and remove its keys and temporary files."""

from ops.options import Parser
from ops.server import ServerError, running_instance, stop


def main(options: list[str]) -> int:
    Parser(prog="python -m ops stop", description=__doc__).parse_args(options)
    try:
        was_running = stop(running_instance())
    except ServerError as error:
        raise ServerError(f"The server did not stop: {error}") from error
    print("The server has stopped." if was_running else "The server is not running.")
    return 0
