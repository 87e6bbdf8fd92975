"""Servers of the open inference protocol: asked without this project's client, and the scenarios with it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import grpc
import pytest
import requests

from deploy.kserve.server import Place as KServePlace
from deploy.triton.place import Place as TritonPlace
from luke_qa_client import ConnectionFailedError, NotFoundError, OverloadedError, _policy
from luke_qa_client._transport import grpc_open_inference as v2
from luke_qa_client._transport.base import Attempt
from ops.layout import MODEL_NAME
from ops.ports import find_free_port
from tests.support.clients import WAYS, Client
from tests.support.pauses import TOO_LONG, pauses
from tests.support.scenarios import CONTEXT, QUESTION, REQUESTS, ByProtocol, Failed, Scenario

PATIENCE: Final = 200.0  # seconds; the machine may be busy
# A minute of computing at most, in many passes; the engine refuses what it cannot end within its time limit.
LONG: Final = {"question": QUESTION, "context": (CONTEXT * 4000)[:60_000], "max_windows": "all"}

P = TypeVar("P", KServePlace, TritonPlace)
S = TypeVar("S", bound="Served[Any]")


@dataclass(frozen=True)
class Served(Generic[P]):
    """A running server with one instance of the model."""

    place: P

    def url(self, *, grpc: bool) -> str:
        """The client's address of it."""
        ports = self.place.ports
        return f"triton+grpc://127.0.0.1:{ports.grpc}" if grpc else f"triton://127.0.0.1:{ports.http}"

    @property
    def metrics_url(self) -> str:
        return f"{self.place.url}/metrics"

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        text = requests.get(self.metrics_url, timeout=PATIENCE).text
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rpartition(" ")[2]) for line in lines if all(want in line for want in wanted))

    def outcomes(self, outcome: str) -> float:
        return self.metric("luke_qa_requests_total", outcome=outcome)


@contextmanager
def elsewhere(_: object) -> Iterator[Mapping[str, Any]]:
    """Nothing listens at the client's address, and it tries twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_policy, "draw_backoff", pauses(0.05, TOO_LONG))
        yield {"port": find_free_port()}


def scenarios(full: Callable[[S], AbstractContextManager[None]]) -> list[Scenario[S]]:
    """The requests that every server answers alike, and what goes wrong with a server of this protocol."""
    return [
        *REQUESTS,
        Scenario("another model", [Failed(NotFoundError, 404, "model_not_found")], client={"model": "luke-large"}),
        Scenario("a full queue", [Failed(OverloadedError, 503, "queue_full")], server=full),
        Scenario(
            "no server",
            [ByProtocol(Failed(ConnectionFailedError), Failed(ConnectionFailedError, type="UNAVAILABLE"))],
            server=elsewhere,
        ),
    ]


def play(scenario: Scenario[S], way: str, server: S) -> None:
    """Hold what comes of a scenario against what comes of it on TorchServe."""
    grpc, opens = WAYS[way]

    def open_client(port: int | None = None, **arguments: Any) -> Client:
        url = server.url(grpc=grpc)
        if port is not None:
            url = f"{'triton+grpc' if grpc else 'triton'}://127.0.0.1:{port}"
        return opens(url, **{"timeout": 60, **arguments})

    assert scenario.run(open_client, server) == scenario.expected(grpc=grpc)


def tensor(name: str, datatype: str, *rows: list[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [len(rows), len(rows[0])], "data": rows}


def request_tensor(*rows: dict[str, Any]) -> dict[str, Any]:
    """Whole requests, each a row."""
    return tensor("request", "BYTES", *([json.dumps(row)] for row in rows))


def outputs(reply: requests.Response) -> list[tuple[int, Any]]:
    """Status and body of each row."""
    assert reply.status_code == 200, reply.text
    found = {output["name"]: output["data"] for output in reply.json()["outputs"]}
    return [(status, json.loads(body)) for status, body in zip(found["status"], found["response"], strict=True)]


def about(answer: Any) -> Any:
    """The same answer or answers, give or take float noise in the scores."""
    if isinstance(answer, list):
        return [about(each) for each in answer]
    scores = {name: pytest.approx(value, abs=1e-6) for name, value in answer.items() if name.endswith("score")}
    spans = {"answers": about(answer["answers"])} if "answers" in answer else {}
    return {**answer, **scores, **spans}


def call_infer(channel: grpc.Channel, fields: dict[str, Any], wait: float = PATIENCE) -> Any:
    """Start a call that may wait in the queue for this many seconds; it can be cancelled."""
    method = channel.unary_unary(
        v2.INFER,
        request_serializer=v2.ModelInferRequest.SerializeToString,
        response_deserializer=v2.ModelInferResponse.FromString,
    )
    return method.future(v2.infer_request(MODEL_NAME, Attempt(json.dumps(fields).encode(), "mine", None, wait)))
