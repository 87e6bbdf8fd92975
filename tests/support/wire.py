"""One batch through a service, as the handler would put it there."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from luke_qa.service import Received, Service

Row = Mapping[str, Any]

QUESTION, CONTEXT = "何を売る店ですか？", "私の家の隣に苺を売る店がありました。"
NATIVE = {"question": QUESTION, "context": CONTEXT}
TASK = {"inputs": NATIVE}


def body(fields: object) -> Row:
    """A row as TorchServe hands over JSON that came without a content type."""
    return {"body": bytearray(json.dumps(fields).encode())}


def exchange(service: Service, rows: Sequence[Row]) -> list[tuple[int, Any]]:
    """Status and parsed body of every row; the server's names for them are "row 0" and so on."""
    received = [Received(row, f"row {number}") for number, row in enumerate(rows)]
    responses = service.decode(service.compute(service.prepare(received)))
    return [(response.code, json.loads(response.body.decode("utf-8"))) for response in responses]


def ask(service: Service, fields: object) -> tuple[int, Any]:
    (answer,) = exchange(service, [body(fields)])
    return answer
