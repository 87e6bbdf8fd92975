"""A small share of `make fuzz`: the parts of the engine, what counts as a fault, and what is sent over the wire."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from hypothesis import strategies as st

from bench.fuzz.__main__ import render
from bench.fuzz.parts import Part, all_parts
from bench.fuzz.running import fuzz_part
from bench.fuzz.tally import Fault, Tally
from bench.fuzz.targets import ABOUT, SHARES
from bench.fuzz.wire import fuzz_wire, generate, mutate, rewrite, send
from luke_qa.tokenizer import Tokenizer
from tests.support.wire import NATIVE

COUNT = 40
ANSWER = {"answer": "苺", "score": 0.5, "start": 2, "end": 3, "document": 0}
REPLY = {**ANSWER, "no_answer_score": 0.1, "answers": [ANSWER], "request_id": "a"}
ERROR = {"code": 400, "type": "invalid_json", "message": "No.", "error": "No.", "field": None, "request_id": "a"}


@pytest.mark.parametrize("name", ["request", "tokenizer", "windows", "decoding"])
def test_a_part_takes_whatever_it_is_given(tokenizer: Tokenizer, name: str) -> None:
    part = next(part for part in all_parts(tokenizer) if part.name == name)
    tally = fuzz_part(part, COUNT, seed=7)
    assert tally.faults == []
    assert tally.inputs == COUNT
    assert len(tally.outcomes) > (0 if name == "decoding" else 1)


def test_the_targets_share_the_inputs() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    assert SHARES.keys() == ABOUT.keys()


def test_a_fault_is_found_made_small_and_counted() -> None:
    def fails(number: int) -> str:
        if number > 20:
            raise Fault("too large")
        return "ok"

    tally = fuzz_part(Part("windows", st.integers(0, 1000), fails), 400, seed=1)
    assert len(tally.faults) == 10  # and then it is left
    assert all("Fault: too large" in fault and fault.endswith("\n21") for fault in tally.faults)
    report = render([tally], ["it is not ready"], "python -m bench.fuzz")
    assert "| fault | 10 |" in report
    assert "The server afterwards: it is not ready." in report


@contextmanager
def server(status: int, body: Any, content_type: str = "application/json") -> Iterator[str]:
    """A server with one answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def outcome(base: str, body: dict[str, Any]) -> str:
    with requests.Session() as session:
        return send(session, base, json.dumps(body).encode(), "application/json")


@pytest.mark.parametrize(
    ("status", "reply", "fault"),
    [
        (500, ERROR, "500"),
        (503, ERROR, "503"),
        (504, ERROR, "504"),
        (418, ERROR, "418 is not described"),
        (400, b"oops", "no JSON"),
        (400, {"code": 400}, "not as described"),
        (400, {**ERROR, "type": "too_large"}, "does not have the type too_large"),
        (200, {**REPLY, "score": 2}, "not as described"),
        (200, {**REPLY, "answers": [{**ANSWER, "start": 0, "end": 1}]}, "not at its place"),
    ],
)
def test_what_is_no_answer_is_a_fault(status: int, reply: Any, fault: str) -> None:
    with server(status, reply) as base, pytest.raises(Fault, match=fault):
        outcome(base, NATIVE)


def test_an_answer_and_an_error_are_none() -> None:
    with server(200, REPLY) as base:
        assert outcome(base, NATIVE | {"context": "私は苺が好きです。"}) == "200"
    with server(400, ERROR) as base:
        assert outcome(base, NATIVE) == "400 invalid_json"
    with server(504, {**ERROR, "code": 504, "type": "deadline_exceeded"}) as base:
        assert outcome(base, NATIVE | {"deadline_ms": 1}) == "504 deadline_exceeded"


def test_nobody_who_answers_is_a_fault() -> None:
    tally = fuzz_wire("direct", "http://127.0.0.1:9", COUNT, seed=1)
    assert len(tally.faults) == 10
    assert "no answer: ConnectionError" in tally.faults[0]


def test_requests_are_valid_and_invalid_and_changed() -> None:
    bodies = generate(seed=1)
    assert bodies == generate(seed=1)
    assert len(set(bodies)) > 20
    rng = random.Random(1)
    fields = [json.loads(rewrite(rng, body)) for body in bodies]
    assert any("inputs" in each for each in fields)
    assert any(each.get("question") for each in fields)
    assert len({mutate(rng, b'{"question": "a"}') for _ in range(50)}) > 30


def test_the_tally_counts() -> None:
    tally = Tally("direct")
    tally.note("200", 0.2)
    tally.note("200", 0.1)
    tally.fail("no", "x" * 5000)
    assert (tally.inputs, tally.outcomes["200"], tally.slowest) == (3, 2, 0.2)
    assert len(tally.faults[0]) < 2100
