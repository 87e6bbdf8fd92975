"""What the callers of these tests send, and how a server's workers are held up."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import grpc
import requests

from luke_qa_client._transport.grpc_messages import PREDICTIONS, PredictionResponse, PredictionsRequest
from ops.instance import Instance
from ops.layout import MODEL_NAME
from tests.integration.proxy.running import Running
from tests.integration.served import unwatched, wait_for, wait_for_life
from tests.support.scenarios import CONTEXT, QUESTION

BODY: Final = {"question": QUESTION, "context": CONTEXT, "request_id": "mine"}
SMALL: Final = json.dumps(BODY).encode()
LARGE: Final = json.dumps({**BODY, "context": CONTEXT + "会議室の机は白い。" * 600, "max_windows": "all"}).encode()
ANSWER: Final = "苺"


def ask(url: str, body: bytes = SMALL, **options: Any) -> requests.Response:
    return requests.post(url, data=body, timeout=60, **options)


def ask_at_once(url: str, count: int) -> list[requests.Response]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: ask(url), range(count)))


def assert_right(response: requests.Response) -> None:
    assert (response.status_code, response.json().get("answer")) == (200, ANSWER), response.text


def call(target: str, body: bytes = SMALL, path: str = PREDICTIONS, roots: bytes | None = None, **metadata: str) -> Any:
    """Ask over gRPC."""
    credentials = grpc.ssl_channel_credentials(roots) if roots else None
    with grpc.secure_channel(target, credentials) if roots else grpc.insecure_channel(target) as channel:
        method = channel.unary_unary(
            path,
            request_serializer=PredictionsRequest.SerializeToString,
            response_deserializer=PredictionResponse.FromString,
        )
        message = PredictionsRequest(model_name=MODEL_NAME, input={"data": body})
        headers = tuple((name.replace("_", "-"), value) for name, value in metadata.items())
        return json.loads(method(message, timeout=60, metadata=headers).prediction)


def refused(target: str, **arguments: Any) -> tuple[str, str]:
    """The status and the details with which a gRPC call ends."""
    try:
        call(target, **arguments)
    except grpc.RpcError as error:
        return error.code().name, error.details()
    raise AssertionError("the call was answered")


def connect(running: Running) -> socket.socket:
    host, _, port = running.proxy.http.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=180)


def send(running: Running, body: bytes, length: int | None = None, **headers: str) -> socket.socket:
    """Send a request, or of its body less than it says, and do not wait for the answer."""
    lines = ["POST /predictions/luke-qa HTTP/1.1", "Host: here", f"Content-Length: {length or len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    connection = connect(running)
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return connection


def status_of(connection: socket.socket) -> int:
    """The status of the response; the connection is closed then."""
    with connection, connection.makefile("rb") as reader:
        return int(reader.readline().split()[1])


def leave(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.close()


def computed(instance: Instance, size: str) -> int:
    """How many small or large requests the workers have answered, the supervisor's own small ones included."""
    text = requests.get(f"{instance.control_url}/metrics", timeout=10).text
    name = f'luke_qa_request_seconds_count{{size="{size}"}}'
    return int(sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name)))


@contextmanager
def stopped_workers(instance: Instance) -> Iterator[None]:
    """Meanwhile the workers take requests, and answer none; the supervisor, who would kill them, is stopped too."""
    model = requests.get(f"{instance.management_url}/models/{MODEL_NAME}", timeout=10).json()[0]
    pids = [int(worker["pid"]) for worker in model["workers"]]
    with unwatched(instance):
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            wait_for_life(instance, pids)


def fill_slots(running: Running) -> list[socket.socket]:
    """Send as many small requests as the server has slots for."""
    slots = running.proxy.servers[0].total_slots
    connections = [send(running, SMALL) for _ in range(slots)]
    wait_for(lambda: running.in_slots() == slots)
    return connections
