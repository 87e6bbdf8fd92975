"""Requests of the open inference protocol, without the client of this project."""

import json
from typing import Any, Final

import grpc
import pytest
import requests

from luke_qa_client._transport import grpc_open_inference as v2
from luke_qa_client._transport.base import Attempt
from ops.layout import MODEL_NAME
from tests.support.scenarios import CONTEXT, QUESTION

PATIENCE: Final = 200.0  # seconds; the machine may be busy
# A minute of computing at most, in many passes; the engine refuses what it cannot end within its time limit.
LONG: Final = {"question": QUESTION, "context": (CONTEXT * 4000)[:60_000], "max_windows": "all"}


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
