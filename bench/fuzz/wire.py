"""Requests over HTTP: what schemathesis makes of the published description, and mutations of it."""

import json
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from openapi_schema_validator import OAS31Validator

from bench.fuzz.tally import Fault, Tally
from bench.fuzz.texts import HARD
from luke_qa.openapi import build_openapi

PATH: Final = "/predictions/luke-qa"
GENERATED = 100  # requests of schemathesis for one seed, half of them valid by the description and half not
REWRITTEN, MUTATED = 10, 9  # changes of each of them: of its fields, and of its bytes
TIMEOUT = 60.0  # seconds, after which a request hangs
MAX_FAULTS = 10
_DESCRIPTION: Final = build_openapi()
_RESPONSES: Final = _DESCRIPTION["paths"][PATH]["post"]["responses"]
_TYPES: Final = ("application/json", "application/json; charset=utf-8", "text/plain", "application/octet-stream", "")
_PIECES: Final = (
    *(b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\\u0000", b"\\ud800", b"\x00", b"\xff", b"\xef\xbb\xbf"),
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"9" * 40, b"-1", b"0.5", b'"question":', b'"context":[]'),
    *("苺".encode(), "\u202e".encode(), b"[" * 200, b" " * 5000, b"\r\n\r\n", b"/*", b"'"),
)
_OPTIONS: Final[dict[str, Sequence[Any]]] = {
    "top_k": (1, 2, 20, 100, 101, 0, None, 1.5, "3"),
    "max_answer_len": (1, 5, 30, 128, 129, None),
    "max_seq_len": (16, 17, 64, 512, 513, None, 10**30),
    "doc_stride": (0, 1, 15, 63, 128, -1, None),
    "handle_impossible_answer": (True, False, None, 1),
    "offsets": ("code_points", "utf16", "utf8", None),
    "request_id": ("a", "x" * 128, "x" * 129, "", "私", None),
    "parameters": ({"top_k": 3}, {"max_question_len": 2}, {"align_to_words": True}, None, []),
}


def fuzz_wire(name: str, base: str, count: int, seed: int) -> Tally:
    """Send ``count`` requests to the server at ``base``, fewer if they keep failing."""
    tally, began = Tally(name), time.monotonic()
    with requests.Session() as session:
        for body, content_type in _requests(random.Random(seed), seed):
            if tally.inputs >= count or len(tally.faults) >= MAX_FAULTS:
                break
            sent = time.monotonic()
            try:
                outcome = send(session, base, body, content_type)
            except Fault as fault:
                tally.fail(str(fault), body)
            else:
                tally.note(outcome, time.monotonic() - sent)
    tally.seconds = time.monotonic() - began
    return tally


def send(session: requests.Session, base: str, body: bytes, content_type: str) -> str:
    """Send a request; return its status and, of an error, its type.

    Raises:
        Fault: no answer came in time, its status is no 2xx or 4xx, or it is not as the description says.
    """
    headers = {"Content-Type": content_type} if content_type else {}
    try:
        reply = session.post(f"{base}{PATH}", data=body, headers=headers, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise Fault(f"no answer: {type(error).__name__}: {error}") from error
    status = reply.status_code
    # A deadline in the past is met by the one 5xx that a request can ask for.
    if status >= 500 and not (status == 504 and b"deadline_ms" in body):
        raise Fault(f"{status}: {reply.text[:300]}")
    described = _RESPONSES.get(str(status))
    if described is None or "content" not in described:
        raise Fault(f"{status} is not described: {reply.text[:300]}")
    try:
        answer = reply.json()
    except ValueError:
        raise Fault(f"{status}, and no JSON: {reply.text[:300]}") from None
    schema = described["content"]["application/json"]["schema"]
    wrong = next(OAS31Validator({**schema, "components": _DESCRIPTION["components"]}).iter_errors(answer), None)
    if wrong is not None:
        raise Fault(f"{status}, and not as described: {wrong.message[:300]}")
    if status == requests.codes.ok:
        _check_places(body, answer)
        return "200"
    if f"`{answer['type']}`" not in described["description"]:
        raise Fault(f"{status} does not have the type {answer['type']}")
    return f"{status} {answer['type']}"


def _check_places(body: bytes, answer: Any) -> None:
    """An answer in the native schema is what the context reads at its offsets."""
    asked = _parsed(body)
    if not isinstance(asked, dict) or asked.get("offsets") == "utf16" or "context" not in asked:
        return
    contexts = asked["context"] if isinstance(asked["context"], list) else [asked["context"]]
    for each in answer if isinstance(answer, list) else [answer]:
        for span in each["answers"]:
            if span["document"] is None:
                continue
            if contexts[span["document"]][span["start"] : span["end"]] != span["answer"]:
                raise Fault(f"the answer is not at its place: {span}")


def _requests(rng: random.Random, seed: int) -> Iterator[tuple[bytes, str]]:
    """Bodies with their content types, without end."""
    while True:
        for body in generate(seed):
            yield body, _TYPES[0]
            for _ in range(REWRITTEN):
                yield rewrite(rng, body), _TYPES[0]
            for _ in range(MUTATED):
                yield mutate(rng, body), rng.choice(_TYPES)
        seed += 1


def generate(seed: int) -> list[bytes]:
    """Bodies that schemathesis makes of the description: valid ones and invalid ones."""
    operation = schemathesis.openapi.from_dict(_DESCRIPTION)[PATH]["POST"]
    bodies = list[bytes]()
    for mode in schemathesis.GenerationMode:

        @seeded(seed)
        @settings(
            max_examples=GENERATED // 2,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def collect(case: schemathesis.Case[Any]) -> None:
            bodies.append(_as_bytes(case.body))

        collect()
    return bodies


def rewrite(rng: random.Random, body: bytes) -> bytes:
    """Give a request a readable question and context, and change up to two of its other fields."""
    asked = _parsed(body)
    asked = asked if isinstance(asked, dict) else {}
    fields = asked["inputs"] if isinstance(asked.get("inputs"), dict) else asked
    for name, longest in (("question", 6), ("context", 60)):
        some = ["".join(rng.choices(HARD, k=rng.randint(1, longest))) + "苺" for _ in range(rng.choice((1, 1, 1, 3)))]
        fields[name] = some if len(some) > 1 else some[0]
    for name in rng.sample(sorted(_OPTIONS), rng.randint(0, 2)):
        asked[name] = rng.choice(_OPTIONS[name])
    return json.dumps(asked, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def mutate(rng: random.Random, body: bytes) -> bytes:
    """Change a body in one to four places."""
    changed = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        place = rng.randint(0, len(changed))
        match rng.randrange(5):
            case 0:
                changed[place:place] = rng.choice(_PIECES)
            case 1:
                del changed[place : place + rng.randint(1, 8)]
            case 2:
                changed[place : place + 1] = bytes([rng.randrange(256)])
            case 3:
                end = rng.randint(place, len(changed))
                changed[place:place] = changed[place:end]
            case _:
                del changed[place:]
    return bytes(changed)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _as_bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    try:
        return json.dumps(body).encode()
    except (TypeError, ValueError):  # schemathesis' marker of no body at all
        return b""
