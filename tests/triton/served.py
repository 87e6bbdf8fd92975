"""The real Triton, as an operator sees it: its answers, its metrics, and how to keep it busy."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import grpc
import psutil
import requests

from deploy.triton.place import Place
from ops.layout import MODEL_NAME
from tests.support import open_inference, waiting
from tests.support.open_inference import LONG, PATIENCE, call_infer, request_tensor
from tests.support.scenarios import CONTEXT, QUESTION

QUEUE_SIZE: Final = 6  # requests of one priority that may wait
BATCH_SIZE: Final = 2


wait_for = partial(waiting.wait_for, seconds=PATIENCE)


class Served(open_inference.Served[Place]):
    """A running Triton with one instance of the model."""

    @property
    def metrics_url(self) -> str:
        return f"http://127.0.0.1:{self.place.ports.metrics}/metrics"

    def post(self, path: str, **content: Any) -> requests.Response:
        return requests.post(f"{self.place.url}/v2/{path}", json=content, timeout=PATIENCE)

    def infer(self, *rows: dict[str, Any], **parameters: Any) -> requests.Response:
        """Ask with whole requests, each a row of one request."""
        return self.post(f"models/{MODEL_NAME}/infer", inputs=[request_tensor(*rows)], parameters=parameters)

    def version(self) -> str:
        """The version that answers."""
        reply = self.infer({"question": QUESTION, "context": CONTEXT})
        assert reply.status_code == 200, reply.text
        return str(reply.json()["model_version"])

    def triton(self) -> psutil.Process:
        supervisor = self.place.process()
        assert supervisor is not None
        (server,) = supervisor.children()
        return server

    def stubs(self) -> list[psutil.Process]:
        """The processes of the model that are alive."""
        return [child for child in self.triton().children() if child.status() != psutil.STATUS_ZOMBIE]

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Meanwhile the model computes one long request; then its caller leaves."""
        with grpc.insecure_channel(f"127.0.0.1:{self.place.ports.grpc}") as channel:
            calls = list[Any]()

            def is_busy() -> bool:
                """Whether a request that may wait for 0.3 s waits for the long one, and is not in its batch."""
                if not calls or calls[-1].done():
                    calls.append(call_infer(channel, LONG))
                    time.sleep(0.5)
                probe = call_infer(channel, {"question": QUESTION, "context": CONTEXT}, wait=0.3)
                try:
                    probe.result(timeout=10)
                except grpc.FutureTimeoutError:  # it is in the batch
                    probe.cancel()
                    calls[-1].cancel()
                except grpc.RpcError as error:
                    return "timeout expired" in str(error)
                return False

            try:
                wait_for(is_busy)
                yield
            finally:
                for call in calls:
                    call.cancel()

    @contextmanager
    def callers(self, ask: Callable[[], object], count: int = 3) -> Iterator[list[object]]:
        """Meanwhile callers ask, one question after another; yields what came of it."""
        done = False
        results = list[object]()

        def keep_asking() -> None:
            while not done:
                results.append(ask())

        with ThreadPoolExecutor(count) as pool:
            futures: list[Future[None]] = [pool.submit(keep_asking) for _ in range(count)]

            def has_grown(before: int) -> bool:
                for future in futures:
                    if future.done():
                        future.result()  # it failed
                return len(results) > before + count

            try:
                wait_for(lambda: has_grown(0))
                yield results
                so_far = len(results)
                wait_for(lambda: has_grown(so_far))
            finally:
                done = True
