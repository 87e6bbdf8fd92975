"""Build the archive if it is stale, start the server, and wait until every worker is ready."""

import sys

from ops.choice import add_choice_options, deprecations, read_request
from ops.instance import KEY_FILE, Instance
from ops.layout import LOGS, MODEL_NAME, RUN
from ops.options import Parser, on_or_off
from ops.packaging import ensure_archive, is_stale, near
from ops.record import ARCHIVE
from ops.server import ServerError, is_ready, is_up, make_instance, running_instance, start
from ops.steps import step


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops start", description=__doc__)
    add_choice_options(parser)
    parser.add_option("model-api", "on: `make upgrade` can load other versions; off (default): it cannot")
    parser.add_option("auth", "on: requests need a key; off (default): they do not")
    given = parser.parse_args(options)
    auth, model_api = on_or_off("AUTH", given.auth), on_or_off("MODEL_API", given.model_api)
    for line in deprecations(given):
        print(line, file=sys.stderr)
    asked, running = read_request(given), running_instance()
    if is_up(running):
        # What runs keeps its archive: after a restart it must be the same.
        _check_running(running, auth, model_api, is_stale(asked))
        return 0
    ensure_archive(asked)
    overrides = {"disable_token_authorization": "false" if auth else "true"}
    if model_api:
        overrides["enable_model_api"] = "true"
    instance = make_instance(overrides=overrides)
    try:
        with step("Starting TorchServe and its workers"):
            start(instance, ARCHIVE, LOGS)
    except ServerError as error:
        raise ServerError(f"The server did not start: {error}") from error
    print(f"The server is ready at {instance.inference_url}/predictions/{MODEL_NAME} (logs in {near(LOGS)}).")
    if auth:
        print(f'Requests need "Authorization: Bearer KEY"; the keys in {near(RUN / KEY_FILE)} expire after an hour.')
    return 0


def _check_running(running: Instance, auth: bool, model_api: bool, stale: bool) -> None:
    """Accept a server that is up as the one asked for.

    Raises:
        ServerError: it is another.
    """
    if auth and not running.needs_token:
        raise ServerError("The server is already running, without token authorization: run `make stop` first.")
    if model_api and running.properties.get("enable_model_api") != "true":
        raise ServerError("The server is already running, without the model API: run `make stop` first.")
    if stale or (running.pid_file.exists() and ARCHIVE.stat().st_mtime > running.pid_file.stat().st_mtime):
        raise ServerError("The server is already running, but serves an older archive: run `make stop` first.")
    if not is_ready(running):
        raise ServerError("The server is already running, but not ready: see `make status`.")
    print("The server is already running.", file=sys.stderr)
