"""Start and stop Triton, and load what the model repository has."""

import shutil
import sys
from dataclasses import asdict

import requests

from deploy import background
from deploy.background import end, launch, taken, wait_until_ready
from deploy.triton.command import EXIT_TIMEOUT, TritonError, find_command
from deploy.triton.place import SUPERVISOR, Place
from luke_qa.cgroups import available_cores
from ops.layout import MODEL_NAME

START_TIMEOUT = 300.0  # seconds until the model must be ready
LOAD_TIMEOUT = 300.0
STOP_TIMEOUT = 30.0  # seconds beyond EXIT_TIMEOUT


def supervised(place: Place) -> tuple[list[str], dict[str, str]]:
    """Return the command that serves ``place`` under the supervisor, and its environment.

    Raises:
        TritonError: Triton is not installed, or a port is taken.
    """
    command = find_command(place, available_cores())
    if ports := taken(asdict(place.ports).values()):
        raise TritonError(f"port {ports}: another program is listening there.")
    place.temporary.mkdir(parents=True, exist_ok=True)
    model = str(place.repository / MODEL_NAME)
    words = [sys.executable, "-m", SUPERVISOR, str(place.ports.http), model, "--", *command.words]
    return words, dict(command.environment)


def start(place: Place, timeout: float = START_TIMEOUT) -> None:
    """Start Triton, detached, and wait until the model is ready.

    Raises:
        TritonError, StartError: it does not get ready. Nothing is left running.
    """
    if place.process() is not None:
        raise TritonError(f"Triton already runs, at {place.url}.")
    words, environment = supervised(place)
    supervisor = launch(words, environment, place.log)
    place.write(supervisor.pid)
    try:
        wait_until_ready("Triton", supervisor, lambda: is_ready(place), timeout, place.log)
    except BaseException:
        stop(place)
        raise


def stop(place: Place) -> bool:
    """Stop Triton, after what is in flight; return whether it was running."""
    supervisor = place.process()
    if supervisor is not None:
        end(supervisor, EXIT_TIMEOUT + STOP_TIMEOUT)
    place.forget()
    shutil.rmtree(place.temporary, ignore_errors=True)
    return supervisor is not None


def is_ready(place: Place) -> bool:
    """Return whether the model is loaded and answers."""
    return background.is_ready(place.url)


def versions(place: Place) -> dict[str, str]:
    """Return the state of each version that Triton knows; empty if it does not reply."""
    try:
        index = requests.post(f"{place.url}/v2/repository/index", timeout=5).json()
        return {
            entry["version"]: entry["state"] for entry in index if entry["name"] == MODEL_NAME and "version" in entry
        }
    except (requests.RequestException, LookupError, TypeError, ValueError):
        return {}


def load(place: Place) -> None:
    """Put the newest version of the repository into service; the one before ends after what it computes.

    Raises:
        TritonError: it could not be loaded, and the one before still serves.
    """
    try:
        reply = requests.post(f"{place.url}/v2/repository/models/{MODEL_NAME}/load", json={}, timeout=LOAD_TIMEOUT)
    except requests.RequestException as error:
        raise TritonError(f"Triton does not reply at {place.url}: {error}") from error
    if reply.status_code != requests.codes.ok:
        raise TritonError(f"Triton could not load the model: {reply.text}")
