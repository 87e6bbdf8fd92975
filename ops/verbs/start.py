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
from ops.server import ServerError, is_ready, is_up, last_properties, make_instance, running_instance, start
from ops.steps import step

# The switches, and the properties that they set: to the first value if off, to the second if on.
SWITCHES = {
    "AUTH": ("disable_token_authorization", ("true", "false")),
    "MODEL_API": ("enable_model_api", ("false", "true")),
    "PRODUCTION": ("production", ("false", "true")),
}
# These stay on until they are switched off: without them the server would be open to more callers.
REMEMBERED = ("AUTH", "PRODUCTION")


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops start", description=__doc__)
    add_choice_options(parser)
    parser.add_option("model-api", "on: `make upgrade` can load other versions; off (default): it cannot")
    parser.add_option("auth", "on: requests need a key; off: they do not (default: as last time)")
    parser.add_option(
        "production", "on: refuse what is open to a network, and MODEL_API=on; off: do not (default: as last time)"
    )
    given = parser.parse_args(options)
    overrides = _overrides(given)
    for line in deprecations(given):
        print(line, file=sys.stderr)
    asked, running = read_request(given), running_instance()
    if is_up(running):
        # What runs keeps its archive: after a restart it must be the same.
        if is_other := is_other_checkpoint(asked):
            check_checkpoint(asked)  # to stop a server for a path that is mistyped would be a pity
        _check_running(running, given, is_stale(asked), is_other)
        return 0
    instance = make_instance(overrides=_remembered(last_properties()) | overrides)
    check_profile(instance)
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


def _overrides(given: Namespace) -> dict[str, str]:
    """The properties that the switches set; a switch that is not given sets none."""
    overrides = {}
    for switch, (name, values) in SWITCHES.items():
        is_on = on_or_off(switch, getattr(given, switch.lower()))
        if is_on is not None:
            overrides[name] = values[is_on]
    return overrides


def _remembered(last: Mapping[str, str]) -> dict[str, str]:
    """The properties of the switches that were on at the last start and stay on."""
    switches = (SWITCHES[switch] for switch in REMEMBERED)
    return {name: values[True] for name, values in switches if last.get(name) == values[True]}


def _check_running(running: Instance, given: Namespace, stale: bool, is_other: bool) -> None:
    """Accept a server that is up as the one asked for.

    Raises:
        ServerError: it is another.
    """
    asked = _overrides(given)
    for switch, (name, _) in SWITCHES.items():
        if name in asked and running.properties.get(name) != asked[name]:
            value = getattr(given, switch.lower())
            raise ServerError(f"The server is already running, but not with {switch}={value}: run `make stop` first.")
    if is_other:
        raise ServerError("The server is already running, but serves another checkpoint: run `make stop` first.")
    if stale or (running.pid_file.exists() and ARCHIVE.stat().st_mtime > running.pid_file.stat().st_mtime):
        raise ServerError("The server is already running, but serves an older archive: run `make stop` first.")
    if not is_ready(running):
        raise ServerError("The server is already running, but not ready: see `make status`.")
    print(f"The server is already running, in {profile(running)}.", file=sys.stderr)
