"""Put another archive into service without losing a request, through TorchServe's model API.

The new version starts beside the old one. It becomes the default only when it is ready and has answered a question.
The old one is removed when it has answered the requests that it had.
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from ops.archive import archive_version
from ops.errors import OpsError
from ops.instance import Instance
from ops.layout import MODEL_NAME
from ops.observation import Observation, ask_canary, observe
from ops.server_log import failure_reason, log_size
from ops.server_metrics import in_flight_of

READY_TIMEOUT = 300.0  # seconds for the new workers to start and to answer
DRAIN_TIMEOUT = 130.0  # seconds for the old version's requests: above responseTimeout
SETTLE = 1.5  # seconds: TorchServe may still be passing on a request that has left its queue


class UpgradeError(OpsError):
    """The new version was not put into service. The old one still serves."""


class _RejectedError(UpgradeError):
    """TorchServe took the call, and rejected what it asked for."""


@dataclass(frozen=True, slots=True)
class ModelApi:
    """TorchServe's management of the versions of the model."""

    instance: Instance

    def versions(self) -> set[str]:
        """Return the versions that are registered."""
        return {str(each["modelVersion"]) for each in self._call("GET", f"/{MODEL_NAME}/all").json()}

    def check(self) -> None:
        """Find out whether other versions can be loaded, and change nothing.

        Raises:
            UpgradeError: they cannot.
        """
        try:
            self._call("POST", "")  # without a URL: TorchServe rejects it, but only where it would load one
        except _RejectedError:
            return

    def register(self, archive: Path, workers: int) -> None:
        """Start loading an archive of the model store. Its workers become ready later."""
        asked = {"url": archive.name, "model_name": MODEL_NAME, "initial_workers": str(workers), "synchronous": "false"}
        self._call("POST", "", asked)

    def set_default(self, version: str) -> None:
        """Make ``version`` the one that answers."""
        self._call("PUT", f"/{MODEL_NAME}/{version}/set-default")

    def remove(self, version: str) -> None:
        """Stop the workers of ``version`` and forget it."""
        self._call("DELETE", f"/{MODEL_NAME}/{version}")

    def _call(self, method: str, path: str, params: dict[str, str] | None = None) -> requests.Response:
        url = f"{self.instance.management_url}/models{path}"
        try:
            headers = self.instance.headers("management")
            reply = requests.request(method, url, params=params, headers=headers, timeout=60)
        except requests.RequestException as error:
            raise UpgradeError(f"The management address does not reply: {error}.") from error
        if reply.status_code == requests.codes.method_not_allowed:
            raise UpgradeError(
                "The server cannot load another version: start it with MODEL_API=on, or with PRODUCTION=on."
            )
        if not reply.ok:
            raise _RejectedError(f"TorchServe rejected {method} {url}: {reply.text.strip()}")
        return reply


def check_upgradable(instance: Instance) -> Observation:
    """Return what serves now.

    Raises:
        UpgradeError: nothing does, or the server cannot load another version.
    """
    serving = observe(instance, timeout=10)
    if serving is None or not serving.loaded:
        raise UpgradeError("The server is not running, or its management address does not reply.")
    ModelApi(instance).check()
    return serving


def replace_version(instance: Instance, archive: Path, logs: Path, keep: Callable[[], None] | None = None) -> str:
    """Put ``archive``, a file in the server's model store, into service in place of what serves now.

    ``keep`` is called as soon as it serves: it makes it the archive that a restart would take, whatever becomes of the
    rest, which takes minutes if the old version has much to answer.

    Returns:
        Its version.

    Raises:
        UpgradeError: it serves already, does not start or does not answer. What served before still does.
    """
    serving, api, new = check_upgradable(instance), ModelApi(instance), archive_version(archive)
    if serving.version == new:
        raise UpgradeError(f"Version {new} is already in service.")
    versions = api.versions()
    if new in versions:
        api.remove(new)  # left by an upgrade that was interrupted
    logged = log_size(logs)
    api.register(archive, serving.wanted)
    try:
        _wait_until_ready(instance, new, logs, logged)
        api.set_default(new)
    except BaseException:
        with suppress(UpgradeError):  # what went wrong first is what is told
            api.remove(new)
        raise
    if keep:
        keep()
    for old in versions - {new}:
        _wait_until_drained(instance, old)
        try:
            api.remove(old)
        except UpgradeError as error:
            print(f"Version {old} no longer serves, but is still loaded: {error}", file=sys.stderr)
    return new


def _wait_until_ready(instance: Instance, version: str, logs: Path, logged: int) -> None:
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline:
        if reason := failure_reason(logs, logged):
            raise UpgradeError(f"Version {version} does not start: {reason}")
        seen = observe(instance, timeout=10, version=version)
        if seen and seen.ready >= max(1, seen.wanted):
            if ask_canary(instance, timeout=30, version=version) is None:
                raise UpgradeError(f"Version {version} starts, but does not answer.")
            return
        time.sleep(0.2)
    raise UpgradeError(f"Version {version} was not ready within {READY_TIMEOUT:g} seconds.")


def _wait_until_drained(instance: Instance, version: str) -> None:
    deadline = time.monotonic() + DRAIN_TIMEOUT
    while time.monotonic() < deadline:
        seen = observe(instance, timeout=10, version=version)
        if seen is None or not seen.loaded:
            return
        processes = {worker.process_id for worker in seen.workers}
        if not seen.waiting and not in_flight_of(instance.metrics_directory, processes):
            break
        time.sleep(0.2)
    time.sleep(SETTLE)
