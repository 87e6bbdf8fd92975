"""A server with tokens on and a single worker, which tests may stop, kill and take the key from."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from luke_qa_client import LukeQAClient
from ops.instance import KEY_FILE, Instance
from ops.layout import MODEL_NAME
from tests.integration.served import unwatched, wait_for_life
from tests.support.scenarios import CONTEXT, QUESTION
from tests.support.waiting import wait_for

QUEUE_SIZE: Final = 40  # requests that may wait; few enough to be filled at once, more than any other test has


@dataclass(frozen=True)
class Guarded:
    """The server, as an operator sees it."""

    instance: Instance

    def url(self, *, grpc: bool) -> str:
        port = self.instance.properties["grpc_inference_port"]
        return f"grpc://127.0.0.1:{port}" if grpc else self.instance.inference_url

    @property
    def key_file(self) -> Path:
        return self.instance.home / KEY_FILE

    @property
    def key(self) -> str:
        key = self.instance.key("inference")
        assert key is not None
        return key

    def rotate(self) -> None:
        """Let the inference key expire now, and have another."""
        old = self.key
        requests.get(
            f"{self.instance.management_url}/token?type=inference", headers=self.instance.headers("API"), timeout=10
        ).raise_for_status()
        assert self.key != old

    def worker(self) -> int | None:
        """The worker's process id; None while there is none that is ready."""
        model = requests.get(
            f"{self.instance.management_url}/models/{MODEL_NAME}",
            headers=self.instance.headers("management"),
            timeout=10,
        ).json()[0]
        return next((int(worker["pid"]) for worker in model["workers"] if worker["status"] == "READY"), None)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Meanwhile the worker takes requests, and does not answer; in the end none of them is left."""
        with self._to_itself():
            worker = self.worker()
            assert worker is not None
            os.kill(worker, signal.SIGSTOP)
            try:
                yield
            finally:
                os.kill(worker, signal.SIGCONT)
                wait_for_life(self.instance, [worker])
                with LukeQAClient(self.url(grpc=False), token=self.key) as client:
                    client.ask(QUESTION, CONTEXT)  # which is answered after all that were there before

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Meanwhile the worker takes requests, and dies of the first; another is there in the end."""
        with self._to_itself():
            worker = self.worker()
            assert worker is not None
            os.kill(worker, signal.SIGSTOP)
            taken = self._taken()

            def kill() -> None:
                # Not before: a request that still waits in the queue then would be answered by the next worker.
                try:
                    wait_for(lambda: self._taken() > taken, 40)
                finally:
                    os.kill(worker, signal.SIGKILL)

            with ThreadPoolExecutor(1) as pool:
                killing = pool.submit(kill)
                try:
                    yield
                finally:
                    killing.result()
                    wait_for(lambda: self.worker() not in (worker, None), 240)

    @contextmanager
    def _to_itself(self) -> Iterator[None]:
        """Meanwhile the server has no requests but the test's; what was asked before has been answered."""
        with unwatched(self.instance):
            with LukeQAClient(self.url(grpc=False), token=self.key) as client:
                client.ask(QUESTION, CONTEXT)
            yield

    def _taken(self) -> int:
        """The number of batches that a worker was given, by TorchServe's log."""
        return (self.instance.home / "logs" / "ts_log.log").read_bytes().count(b"Looping backend response")
