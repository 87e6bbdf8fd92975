"""KServe's real server, as an operator sees it, and how to keep it busy."""

import json
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from typing import Any, Final

import grpc
import requests

from deploy.kserve.server import Place
from ops.layout import MODEL_NAME
from tests.support import open_inference, waiting
from tests.support.open_inference import LONG, PATIENCE, call_infer, request_tensor
from tests.support.scenarios import CONTEXT, QUESTION

QUEUE_SIZE: Final = 3  # requests that may wait

# Longer than a probe of the queue may wait, within the limit of tokens. Its caller leaves before its end.
BUSY: Final = {**LONG, "question": [QUESTION] * 6}

wait_for = partial(waiting.wait_for, seconds=PATIENCE)


class Served(open_inference.Served[Place]):
    """A running server with one instance of the model."""

    def post(self, path: str, timeout: float = PATIENCE, **content: Any) -> requests.Response:
        return requests.post(f"{self.place.url}/{path}", json=content, timeout=timeout)

    def infer(self, *rows: dict[str, Any], timeout: float = PATIENCE) -> requests.Response:
        """Ask with whole requests, each a row of one request."""
        return self.post(f"v2/models/{MODEL_NAME}/infer", timeout, inputs=[request_tensor(*rows)])

    def predict(self, *instances: Any) -> requests.Response:
        """Ask by v1."""
        return self.post(f"v1/models/{MODEL_NAME}:predict", instances=instances)

    def in_flight(self) -> float:
        return self.metric("luke_qa_in_flight")

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Meanwhile the model computes one long request over gRPC; then its caller leaves."""
        with grpc.insecure_channel(f"127.0.0.1:{self.place.ports.grpc}") as channel:
            call = call_infer(channel, BUSY)
            try:
                wait_for(lambda: self.in_flight() == 1)
                yield
            finally:
                call.cancel()

    @contextmanager
    def busy_over_http(self) -> Iterator[None]:
        connection = HTTPConnection("127.0.0.1", self.place.ports.http, timeout=PATIENCE)
        with closing(connection):
            body = json.dumps({"inputs": [request_tensor(BUSY)]})
            connection.request("POST", f"/v2/models/{MODEL_NAME}/infer", body, {"Content-Type": "application/json"})
            wait_for(lambda: self.in_flight() == 1)
            yield

    @contextmanager
    def full(self) -> Iterator[None]:
        """Meanwhile the model computes, and its queue is full; those that wait are answered after it."""
        question = {"question": QUESTION, "context": CONTEXT}
        asked = list[Future[requests.Response]]()

        def statuses() -> list[int]:
            return [each.result().status_code for each in asked if each.done()]

        def is_full() -> bool:
            """Ask another; it is refused, or waits as well."""
            asked.append(pool.submit(self.infer, question))
            wait(asked, timeout=1, return_when=FIRST_COMPLETED)
            return bool(statuses())

        with ThreadPoolExecutor(256) as pool:
            with self.busy():
                wait_for(is_full)
                yield
                assert set(statuses()) == {503}
            wait(asked)
            assert statuses().count(200) == QUEUE_SIZE
