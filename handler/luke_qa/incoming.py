"""What a server passes on, as plain fields: JSON, a form or gRPC's input map, and the time of arrival in a header."""

import json
from collections.abc import Mapping
from typing import Any

from luke_qa.bodies import decode, parse_json
from luke_qa.errors import InvalidJson, InvalidValue, UnknownOption

# TorchServe's names for a whole body: over HTTP, and by convention in gRPC's input map.
_WHOLE_FIELDS = frozenset({"body", "data"})
# Fields that carry text. In a form or a gRPC map, every other field is JSON (numbers, booleans, objects).
_TEXT_FIELDS = frozenset({"question", "context", "offsets", "request_id"})

_WHERE = 'POST {"question": "…", "context": "…"} to /predictions/luke-qa, or run the model on KServe or Triton.'

LONGEST_WAIT = 600.0  # seconds; a request cannot have been longer in a proxy


def read_fields(row: Mapping[str, Any], max_inflated_bytes: int) -> dict[str, Any]:
    """Return the request's fields from one row of TorchServe's data: a JSON body, a form, or gRPC's input map.

    Raises:
        InvalidJson: the row does not contain a JSON object.
        TooLarge: the body is gzipped, and larger than ``max_inflated_bytes``.
    """
    whole = row.keys() & _WHOLE_FIELDS
    if not whole:
        body: Any = {name: _form_value(name, value) for name, value in row.items()}
    elif len(row) > 1:
        raise UnknownOption(f"{min(whole)} contains the whole request, so there must be no other field.")
    elif isinstance(body := row[min(whole)], str | bytes | bytearray):
        body = parse_json(body, max_inflated_bytes)
    # A name that begins with a brace is JSON sent as a form, which is what `curl -d` does by default.
    if not isinstance(body, dict) or not row or any(name.lstrip().startswith("{") for name in body):
        raise InvalidJson(
            'The body must be a JSON object with "question" and "context", sent with Content-Type: application/json.'
        )
    _check_protocol(body)
    return body


def _check_protocol(body: Mapping[str, Any]) -> None:
    """Tell who sends a body of KServe's protocols where they are spoken.

    Raises:
        UnknownOption, InvalidValue: it is one.
    """
    if "instances" in body:
        raise UnknownOption(f"instances are of KServe's protocol v1, which is not spoken here. {_WHERE}", "instances")
    inputs = body.get("inputs")
    if isinstance(inputs, list) and inputs and all(isinstance(each, dict) and "datatype" in each for each in inputs):
        raise InvalidValue(
            f"inputs with datatypes are KServe's protocol v2, which is not spoken here. {_WHERE}", "inputs"
        )


def parse_arrival(header: str | None, now: float) -> float | None:
    """Return the Unix seconds in an X-Request-Start header, whichever unit it has, with or without ``t=``.

    None if there is no usable one, or if it is further from ``now`` than any proxy waits, so the clocks must differ: a
    mistake of the proxy must not make a request fail.
    """
    try:
        value = float((header or "").strip().removeprefix("t="))
    except ValueError:
        return None
    for unit in (1.0, 1e3, 1e6):
        if 1e9 <= value / unit < 1e10:  # the years 2001 to 2286
            return value / unit if abs(now - value / unit) < LONGEST_WAIT else None
    return None


def _form_value(name: str, value: Any) -> Any:
    if not isinstance(value, str | bytes | bytearray):
        return value
    text = value if isinstance(value, str) else decode(value, name)
    if name in _TEXT_FIELDS:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
