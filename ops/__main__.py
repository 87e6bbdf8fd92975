"""The server's verbs: ``python -m ops start|stop|status|token``."""

import argparse
import sys

from ops.instance import KEY_FILE, Instance, read_properties
from ops.layout import MODEL_NAME, MODEL_STORE, ROOT, RUN
from ops.server import ServerError, is_ready, make_instance, start, stop, workers

ARCHIVE = MODEL_STORE / f"{MODEL_NAME}.mar"
LOGS = ROOT / "logs"


def running_instance() -> Instance:
    """The instance as it was started, or as it would be."""
    started_with = RUN / "config.properties"
    instance = make_instance()
    if instance.process() is not None and started_with.is_file():
        return Instance(RUN, read_properties(started_with))
    return instance


def start_server(auth: bool) -> int:
    running = running_instance()
    process = running.process()
    if process is not None:
        if auth and not running.needs_token:
            print("The server is up already, without tokens: `make stop` it first.", file=sys.stderr)
            return 1
        if ARCHIVE.stat().st_mtime > running.pid_file.stat().st_mtime:
            print("The server is up already, but serves an older archive: `make stop` it first.", file=sys.stderr)
            return 1
        if not is_ready(running):
            print("The server is up already, but not ready: see `make status`.", file=sys.stderr)
            return 1
        print(f"The server is up already (process {process.pid}).", file=sys.stderr)
        return 0
    instance = make_instance(overrides={"disable_token_authorization": "false" if auth else "true"})
    try:
        start(instance, ARCHIVE, LOGS)
    except ServerError as error:
        print(f"The server did not start: {error}", file=sys.stderr)
        return 1
    print(f"The server is ready at {instance.inference_url}/predictions/{MODEL_NAME} (logs in {LOGS.name}/).")
    if auth:
        keys = (RUN / KEY_FILE).relative_to(ROOT)
        print(f'It wants "Authorization: Bearer KEY"; the keys are in {keys} and change every hour.')
    return 0


def stop_server() -> int:
    try:
        was_running = stop(running_instance())
    except ServerError as error:
        print(f"The server did not stop: {error}", file=sys.stderr)
        return 1
    print("The server has stopped." if was_running else "The server is not running.")
    return 0


def show_status() -> int:
    instance = running_instance()
    process = instance.process()
    if process is None:
        print("The server is not running.")
        return 1
    states = ", ".join(workers(instance)) or "no answer from the management address"
    print(f"The server is up at {instance.inference_url} (process {process.pid}); workers: {states}.")
    return 0 if is_ready(instance) else 1


def print_token() -> int:
    """For `make ask`: nothing where the server wants no token."""
    instance = running_instance()
    print(instance.key("inference") or "" if instance.needs_token else "")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("start").add_argument("--auth", action="store_true", help="turn on TorchServe's tokens")
    others = {"stop": stop_server, "status": show_status, "token": print_token}
    for verb in others:
        verbs.add_parser(verb)
    arguments = parser.parse_args()
    try:
        return start_server(arguments.auth) if arguments.verb == "start" else others[arguments.verb]()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
