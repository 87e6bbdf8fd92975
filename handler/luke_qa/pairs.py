"""Many questions with a context each in one request: taken apart into requests, and their replies put together."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from luke_qa.errors import InvalidValue, RequestError, TooLarge, UnknownOption
from luke_qa.response import Response

PAIR_FIELDS = ("question", "context")


def check_pairs(fields: Mapping[str, Any], max_pairs: int, max_chars: int) -> list[dict[str, Any]]:
    """Return the pairs of a request, each still to be validated.

    Raises:
        RequestError: they are no list of objects, or too many, or have more than ``max_chars`` characters in total.
    """
    pairs = fields["pairs"]
    if not isinstance(pairs, list) or not pairs or not all(isinstance(pair, dict) for pair in pairs):
        raise InvalidValue("{part} must be a list of objects of question and context, and not empty.", "pairs")
    for name in PAIR_FIELDS:
        if name in fields:
            raise InvalidValue("{part} must be in each of the pairs, not beside them.", name)
    if len(pairs) > max_pairs:
        raise TooLarge(f"{{part}} has {len(pairs)} items, but the limit is {max_pairs}.", "pairs")
    total = sum(_characters(pair.get("context")) for pair in pairs)
    if total > max_chars:
        raise TooLarge(f"The contexts have {total} characters in total, but the limit is {max_chars}.", "pairs")
    return pairs


def as_request(fields: Mapping[str, Any], pair: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the request for one pair, with the options of all.

    Raises:
        UnknownOption: the pair has other fields than a question and a context.
    """
    for name in pair:
        if name not in PAIR_FIELDS:
            raise UnknownOption("A pair has only question and context; options stand beside pairs.", "pairs")
    return {name: value for name, value in fields.items() if name != "pairs"} | dict(pair)


def in_pair(error: RequestError, number: int) -> RequestError:
    """Return the error of pair ``number``, with the caller's path to the part at fault."""
    if error.field is None or re.split(r"\W", error.field)[0] not in (*PAIR_FIELDS, "pairs"):
        return error
    return error.renamed(f"pairs[{number}]" if error.field == "pairs" else f"pairs[{number}].{error.field}")


def join_responses(responses: Sequence[Response], max_bytes: int) -> Response:
    """Return one reply with all answers and errors, in order. Its status is 200; each error has its own code.

    Raises:
        TooLarge: the body would exceed ``max_bytes``.
    """
    body = b"[" + b",".join(response.body for response in responses) + b"]"
    if len(body) > max_bytes:
        raise TooLarge(f"The answers would exceed {max_bytes} bytes: ask for fewer or shorter answers.", "top_k")
    outcome = responses[0].outcome if all(response.outcome != "ok" for response in responses) else "ok"
    return Response(200, body, outcome)


def _characters(context: Any) -> int:
    if isinstance(context, list):
        return sum(map(_characters, context))
    if isinstance(context, dict):
        return _characters(context.get("text"))
    return len(context) if isinstance(context, str) else 0
