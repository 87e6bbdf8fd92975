"""A server with tokens on and a single worker, which tests may stop, kill and take the key from."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from ops.instance import KEY_FILE, Instance
from ops.layout import MODEL_NAME


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
        """Meanwhile the worker takes requests, and does not answer."""
        worker = self.worker()
        assert worker is not None
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)
