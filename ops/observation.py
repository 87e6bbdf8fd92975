"""What a running server shows: its workers and its queue, by the management API, and an answer to a question."""

import time
from dataclasses import dataclass

import requests

from ops.instance import Instance
from ops.layout import MODEL_NAME

# Any checkpoint that answers Japanese answers this one.
CANARY = {"question": "何が好きですか", "context": "私は苺が好きです。"}


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as TorchServe sees it: its process id (0: none yet) and status."""

    process_id: int
    status: str


@dataclass(frozen=True, slots=True)
class Observation:
    """A version of the model: its workers, how many there should be, and how many requests wait.

    ``loaded`` is False where TorchServe runs without the model, because it could not read the archive.
    """

    workers: tuple[Worker, ...] = ()
    wanted: int = 0
    waiting: int = 0
    loaded: bool = True
    version: str = ""

    @property
    def ready(self) -> int:
        """Workers that take requests."""
        return sum(worker.status == "READY" for worker in self.workers)


def observe(instance: Instance, timeout: float, version: str = "") -> Observation | None:
    """Ask the management API about ``version``, by default the one in service.

    None if it does not reply sensibly within ``timeout`` seconds.
    """
    try:
        url = f"{instance.management_url}/models/{MODEL_NAME}/{version}".rstrip("/")
        reply = requests.get(url, headers=instance.headers("management"), timeout=timeout)
        if reply.status_code == requests.codes.not_found:
            return Observation(loaded=False)
        reply.raise_for_status()
        model = reply.json()[0]
        return Observation(
            tuple(Worker(int(each.get("pid", 0)), str(each["status"])) for each in model["workers"]),
            int(model["minWorkers"]),
            int(model.get("jobQueueStatus", {}).get("pendingRequests", 0)),
            version=str(model.get("modelVersion", "")),
        )
    except (requests.RequestException, ValueError, LookupError, TypeError, AttributeError):
        return None


def ask_canary(instance: Instance, timeout: float, version: str = "") -> float | None:
    """Ask ``version``, by default the one in service, a question.

    Returns:
        The seconds that it took, or None if no answer came within ``timeout`` seconds.
    """
    deadline_ms = int((time.time() + timeout) * 1000)
    started = time.monotonic()
    try:
        reply = requests.post(
            f"{instance.inference_url}/predictions/{MODEL_NAME}/{version}".rstrip("/"),
            json={**CANARY, "request_id": "canary", "deadline_ms": deadline_ms},
            headers=instance.headers("inference"),
            timeout=timeout,
        )
        answered = reply.status_code == requests.codes.ok and bool(reply.json()["answer"])
    except (requests.RequestException, ValueError, LookupError, TypeError):
        return None
    return time.monotonic() - started if answered else None
