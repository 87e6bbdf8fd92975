"""Run the model of KServe's SDK on this machine: ``python -m deploy.kserve COMMAND [OPTION...]``."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from deploy.container.build import build_image
from deploy.kserve.directory import DIRECTORY, write_directory
from deploy.kserve.server import KServeError, Place, Ports, command, find_place, start, stop
from deploy.verbs import add_port_options, add_question_options, ask, check_running, package, read_ports, run
from ops.choice import add_choice_options
from ops.options import Parser
from ops.packaging import near
from ops.record import ARCHIVE

IMAGE: Final = "luke-qa-kserve"
CONTAINERFILE: Final = Path(__file__).parent / "Containerfile"


def do_build(given: Namespace) -> None:
    """Write model_store/kserve/luke-qa from the archive, which is packaged first if it is stale."""
    package(given)
    write_directory(ARCHIVE, DIRECTORY)
    print(f"Wrote {near(DIRECTORY)}.")


def do_start(given: Namespace) -> None:
    """Write the model's directory, start KServe's server and wait until the model is ready."""
    running = find_place()
    if running.process() is not None:
        check_running("KServe's server", "kserve-stop", given)
        print(f"KServe's server is already running at {running.url}.", file=sys.stderr)
        return
    do_build(given)
    place = _place(given)
    start(place)
    print(
        f"KServe's server is ready at {place.url} and triton+grpc://127.0.0.1:{place.ports.grpc} (log: "
        f"{near(place.log)})."
    )


def do_serve(given: Namespace) -> None:
    """Serve the model's directory in the foreground, as a service manager wants it."""
    place = _place(given)
    words, environment = command(place)
    place.note.write(os.getpid(), asdict(place.ports))
    os.execve(words[0], words, environment)


def do_stop(given: Namespace) -> None:
    """Stop KServe's server, after what is in flight."""
    print("KServe's server has stopped." if stop(find_place()) else "KServe's server is not running.")


def do_status(given: Namespace) -> None:
    """Show whether KServe's server is up and the model is ready; fail if not."""
    place = find_place()
    if place.process() is None:
        raise KServeError("KServe's server is not running.")
    if not place.is_ready():
        raise KServeError(f"The model is not ready at {place.url}; see {near(place.log)}.")
    print(f"KServe's server is ready at {place.url}.")


def do_ask(given: Namespace) -> None:
    """Ask KServe's server a question about a text, with the luke-qa command."""
    if not ask(f"triton://127.0.0.1:{find_place().ports.http}", given):
        raise KServeError("KServe's server gave no answer: see `make kserve-status`.")


def do_image(given: Namespace) -> None:
    """Write the model's directory and build the image luke-qa-kserve with it, with podman or docker."""
    do_build(given)
    build_image(IMAGE, {"BASE": given.base} if given.base else {}, CONTAINERFILE)


COMMANDS: Final[dict[str, Callable[[Namespace], None]]] = {
    "build": do_build,
    "start": do_start,
    "serve": do_serve,
    "stop": do_stop,
    "status": do_status,
    "ask": do_ask,
    "image": do_image,
}


def main(arguments: list[str]) -> int:
    return run(COMMANDS, _parser, arguments)


def _parser(name: str) -> Parser:
    parser = Parser(prog=f"python -m deploy.kserve {name}", description=COMMANDS[name].__doc__)
    if name in ("build", "start", "image"):  # they package a checkpoint first
        add_choice_options(parser)
    if name in ("start", "serve"):
        add_port_options(parser, Ports())
    if name == "ask":
        add_question_options(parser)
    if name == "image":
        parser.add_option("base", "the image to build on, with Python 3.11")
    return parser


def _place(given: Namespace) -> Place:
    return Place(ports=read_ports(given, Ports()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
