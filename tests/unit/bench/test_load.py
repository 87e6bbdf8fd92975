"""Loads, and what is made of their latencies."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import Sample, arrivals, closed_load, open_load, summarise


class Echo(BaseHTTPRequestHandler):
    """Answers 200 with what it got, or 503 to `busy`."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if body == b"busy" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 64


@pytest.fixture
def url() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_arrivals_come_at_the_rate_asked_for_whatever_their_seed() -> None:
    for seed in range(5):
        moments = arrivals(50, 40, seed)
        assert moments == sorted(moments)
        assert moments[-1] < 40
        assert 1700 < len(moments) < 2300
    assert arrivals(50, 1, 1) == arrivals(50, 1, 1)


def test_an_open_load_sends_at_its_own_times_and_keeps_replies_in_order(url: str) -> None:
    bodies = [json.dumps(number).encode() for number in range(30)]
    samples = asyncio.run(open_load(url, bodies, [0.01 * number for number in range(30)]))
    assert [sample.body for sample in samples] == bodies
    assert all(sample.status == 200 and 0 < sample.latency < 60 for sample in samples)


def test_a_closed_load_asks_everything_once(url: str) -> None:
    bodies = [b"busy" if number % 10 == 0 else b"%d" % number for number in range(40)]
    samples, taken = asyncio.run(closed_load(url, bodies, 4))
    assert [sample.body for sample in samples] == bodies
    assert sum(sample.status == 503 for sample in samples) == 4
    assert taken > 0


def test_a_server_that_is_not_there_fails_the_request_not_the_run() -> None:
    (sample,) = asyncio.run(open_load("http://127.0.0.1:1", [b"x"], [0.0]))
    assert sample.status == 0


def test_failures_count_as_failures_and_not_as_latencies() -> None:
    samples = [Sample(0.0, 0.001 * number, 200, b"") for number in range(1, 101)] + [Sample(0.0, 9.0, 503, b"")]
    summary = summarise(samples, seconds=10)
    assert (summary.requests, summary.failed, summary.goodput) == (101, 1, 10.0)
    assert summary.p50 == pytest.approx(50.5)
    assert summary.p99 == pytest.approx(99.01)
