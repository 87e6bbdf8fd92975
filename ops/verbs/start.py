"""Build the archive if it is stale, start the server, and wait until every worker is ready."""

import sys
from argparse import Namespace
from collections.abc import Mapping

from ops.choice import add_choice_options, deprecations, read_request
from ops.instance import KEY_FILE, Instance
from ops.layout import LOGS, MODEL_NAME, RUN
from ops.options import Parser, on_or_off
from ops.packaging import check_checkpoint, ensure_archive, is_other_checkpoint, is_stale, near
from ops.production import check_profile, profile
from ops.record import ARCHIVE
from ops.server import ServerError, is_ready, is_up, make_instance, running_instance, start
from ops.steps import step
from ops.switches import SWITCHES, properties_of, read_switches, write_switches


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops start", description=__doc__)
    add_choice_options(parser)
    parser.add_option("model-api", "on: `make upgrade` can load other versions; off: it cannot (default: as last time)")
    parser.add_option("auth", "on: requests need a key; off: they do not (default: as last time)")
    parser.add_option(
        "production", "on: refuse what is open to a network, and MODEL_API=on; off: do not (default: as last time)"
    )
    given = parser.parse_args(options)
    switches = _switches(given)
    for line in deprecations(given):
        print(line, file=sys.stderr)
    asked, running = read_request(given), running_instance()
    if is_up(running):
        # What runs keeps its archive: after a restart it must be the same.
        if is_other := is_other_checkpoint(asked):
            check_checkpoint(asked)  # so that nobody stops a server for a mistyped path
        _check_running(running, switches, is_stale(asked), is_other)
        return 0
    switches = read_switches() | switches
    instance = make_instance(overrides=properties_of(switches))
    check_profile(instance)
    write_switches(switches)
    ensure_archive(asked)
    try:
        with step("Starting TorchServe and its workers"):
            start(instance, ARCHIVE, LOGS)
    except ServerError as error:
        raise ServerError(f"The server did not start: {error}") from error
    print(f"The server is ready at {instance.inference_url}/predictions/{MODEL_NAME} (logs in {near(LOGS)}).")
    print(f"It runs in {profile(instance)}.")
    if instance.needs_token:
        print(f'Requests need "Authorization: Bearer KEY"; the keys in {near(RUN / KEY_FILE)} expire after an hour.')
    return 0


def _switches(given: Namespace) -> dict[str, bool]:
    """The switches that are given."""
    found = ((switch, on_or_off(switch, getattr(given, switch.lower()))) for switch in SWITCHES)
    return {switch: is_on for switch, is_on in found if is_on is not None}


def _check_running(running: Instance, switches: Mapping[str, bool], stale: bool, is_other: bool) -> None:
    """Accept a server that is up as the one asked for.

    Raises:
        ServerError: it is another.
    """
    for switch, is_on in switches.items():
        ((name, value),) = properties_of({switch: is_on}).items()
        if running.properties.get(name) != value:
            word = "on" if is_on else "off"
            raise ServerError(f"The server is already running, but not with {switch}={word}: run `make stop` first.")
    # The last archive tells what runs only if it was there at the start.
    newer = running.pid_file.exists() and ARCHIVE.stat().st_mtime > running.pid_file.stat().st_mtime
    if is_other and not newer:
        raise ServerError("The server is already running, but serves another checkpoint: run `make stop` first.")
    if stale or newer:
        raise ServerError("The server is already running, but serves an older archive: run `make stop` first.")
    if not is_ready(running):
        raise ServerError("The server is already running, but not ready: see `make status`.")
    print(f"The server is already running at {running.inference_url}, in {profile(running)}.", file=sys.stderr)
    if set(running.addresses()) != set(make_instance().addresses()):
        print("config.properties has other addresses: run `make stop` first, to start it there.", file=sys.stderr)
