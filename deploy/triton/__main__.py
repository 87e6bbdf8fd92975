"""Build the model repository for Triton and run it: ``python -m deploy.triton COMMAND [OPTION...]``."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Final

from deploy.triton.command import TritonError, find_image
from deploy.triton.config import Machine
from deploy.triton.image import build_image
from deploy.triton.place import Place, Ports, find_place
from deploy.triton.repository import build_repository
from deploy.triton.server import is_ready, start, stop, supervised, versions
from deploy.triton.versions import roll_back, upgrade
from deploy.verbs import add_port_options, add_question_options, ask, check_running, package, read_ports, run
from luke_qa.cgroups import available_cores
from ops.choice import add_choice_options
from ops.options import Parser
from ops.packaging import last_choice, near
from ops.profiles import Profile, resolve
from ops.record import ARCHIVE


def do_build(given: Namespace) -> None:
    """Build model_store/triton/luke-qa from the archive, which is packaged first if it is stale."""
    if find_place().process() is not None:
        raise TritonError("Triton is running: `make triton-upgrade` puts a new version into service.")
    _build(given)


def do_needs(given: Namespace) -> None:
    """Print the make target that installs what runs Triton."""
    print("setup" if find_image() else "setup-triton")


def do_start(given: Namespace) -> None:
    """Build the model repository, start Triton and wait until the model is ready."""
    running = find_place()
    if running.process() is not None:
        check_running("Triton", "triton-stop", given)
        print(f"Triton is already running at {_address(running)}.", file=sys.stderr)
        return
    _build(given)
    place = _place(given)
    start(place)
    print(
        f"Triton is ready at {_address(place)} and triton+grpc://127.0.0.1:{place.ports.grpc} (log: {near(place.log)})."
    )


def do_serve(given: Namespace) -> None:
    """Serve the model repository in the foreground, as a service manager wants it."""
    place = _place(given)
    words, environment = supervised(place)
    place.write(os.getpid())
    os.execve(words[0], words, environment)


def do_stop(given: Namespace) -> None:
    """Stop Triton, after what is in flight."""
    print("Triton has stopped." if stop(find_place()) else "Triton is not running.")


def do_status(given: Namespace) -> None:
    """Show whether Triton is up and which version is ready; fail if none is."""
    place = find_place()
    if place.process() is None:
        raise TritonError("Triton is not running.")
    states = ", ".join(f"version {number} {state}" for number, state in versions(place).items()) or "no reply"
    if not is_ready(place):
        raise TritonError(f"Triton is not ready at {_address(place)}; {states}.")
    print(f"Triton is ready at {_address(place)}; {states}.")


def do_ask(given: Namespace) -> None:
    """Ask Triton a question about a text, with the luke-qa command."""
    if not ask(_address(find_place()), given):
        raise TritonError("Triton gave no answer: see `make triton-status`.")


def do_upgrade(given: Namespace) -> None:
    """Package a checkpoint and put it into service without losing a request."""
    place = _running()
    package(given)
    number = upgrade(place, ARCHIVE)
    print(f"Version {number} is in service. `make triton-rollback` goes back to the one before.")


def do_rollback(given: Namespace) -> None:
    """Put the version from before the last upgrade back into service."""
    print(f"Version {roll_back(_running())} is in service.")


def do_image(given: Namespace) -> None:
    """Build the image luke-qa-triton on NVIDIA's, with podman or docker."""
    build_image(given.base)


COMMANDS: Final[dict[str, Callable[[Namespace], None]]] = {
    "build": do_build,
    "needs": do_needs,
    "start": do_start,
    "serve": do_serve,
    "stop": do_stop,
    "status": do_status,
    "ask": do_ask,
    "upgrade": do_upgrade,
    "rollback": do_rollback,
    "image": do_image,
}
PACKAGING: Final = ("build", "start", "upgrade")  # they package a checkpoint first
STARTING: Final = ("start", "serve")


def main(arguments: list[str]) -> int:
    return run(COMMANDS, _parser, arguments)


def _parser(name: str) -> Parser:
    parser = Parser(prog=f"python -m deploy.triton {name}", description=COMMANDS[name].__doc__)
    if name in PACKAGING:
        add_choice_options(parser)
    if name in STARTING:
        add_port_options(parser, Ports())
    if name == "ask":
        add_question_options(parser)
    if name == "image":
        parser.add_option("base", "NVIDIA's image to build on, with Python 3.11 or 3.12")
    return parser


def _place(given: Namespace) -> Place:
    return Place(ports=read_ports(given, Ports()))


def _running() -> Place:
    place = find_place()
    if place.process() is None:
        raise TritonError("Triton is not running: start it with `make triton-start`.")
    return place


def _build(given: Namespace) -> None:
    package(given)
    gpu = resolve(last_choice().profile) is Profile.GPU
    model = build_repository(
        ARCHIVE, Place().repository, Machine(available_cores(), _count_gpus() if gpu else 0), gpu=gpu
    )
    print(f"Built {near(model)}, for a {'GPU' if gpu else 'CPU'}.")


def _count_gpus() -> int:
    import torch  # takes seconds

    return torch.cuda.device_count()


def _address(place: Place) -> str:
    return f"triton://127.0.0.1:{place.ports.http}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
