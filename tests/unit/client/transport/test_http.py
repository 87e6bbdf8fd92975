"""HTTP only, over requests and httpx: statuses, redirects, broken connections, proxies, .netrc."""

import json
import time
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Literal

import pytest

from luke_qa_client import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    LukeQAError,
    NotFoundError,
    OverloadedError,
    ServerError,
    TimedOutError,
    TooLargeError,
)
from tests.unit.client.conftest import OpenClient
from tests.unit.client.process import assert_needs
from tests.unit.client.stub import HttpStub, Received, Said, native_answer, says

pytestmark = [
    pytest.mark.parametrize("way", ["requests", "httpx"], indirect=True),
    pytest.mark.usefixtures("one_try"),
]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, ServerError),
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, AuthenticationError),
        (404, NotFoundError),
        (405, BadRequestError),
        (408, TimedOutError),
        (413, TooLargeError),  # TorchServe's own, over max_request_size, has no body
        (429, OverloadedError),
        (500, ServerError),
        (502, ServerError),
        (503, OverloadedError),
        (504, TimedOutError),
        (507, ServerError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>a proxy</html>", b'{"error": "another shape"}'])
def test_a_status_without_a_known_body_is_an_error_by_itself(
    http_stub: HttpStub, open_client: OpenClient, status: int, error: type[LukeQAError], body: bytes
) -> None:
    http_stub.replies(Said(body, status=status, headers={"location": "/elsewhere"}))
    with open_client() as client, pytest.raises(error) as caught:
        client.ask("q", "c", request_id="mine")
    assert caught.type is error
    assert (caught.value.status, caught.value.request_id) == (status, "mine")
    assert str(status) in caught.value.message
    assert len(http_stub.received) == 1


def test_a_failed_batch_is_not_taken_for_a_full_queue(http_stub: HttpStub, open_client: OpenClient) -> None:
    http_stub.replies(says({"code": 503, "type": "InternalServerException", "message": "Prediction failed"}))
    with open_client() as client, pytest.raises(ServerError, match="Prediction failed"):
        client.ask("q", "c")


def test_retry_after_is_read(http_stub: HttpStub, open_client: OpenClient) -> None:
    http_stub.replies(Said(b"", status=503, headers={"retry-after": "600"}))
    with open_client() as client, pytest.raises(OverloadedError) as caught:
        client.ask("q", "c")
    assert caught.value.retry_after == 600


def test_a_body_that_stalls_is_a_timeout(http_stub: HttpStub, open_client: OpenClient) -> None:
    http_stub.replies(Said(b"{}" * 100, stall=60.0))
    with open_client(timeout=0.2) as client, pytest.raises(TimedOutError, match=r"0\.2 s"):
        client.ask("q", "c")


def test_a_body_that_breaks_off_is_a_failed_connection(http_stub: HttpStub, open_client: OpenClient) -> None:
    http_stub.replies(Said(b"{}" * 100, cut=True))
    with open_client() as client, pytest.raises(ConnectionFailedError):
        client.ask("q", "c")


def test_the_connection_is_kept(http_stub: HttpStub, open_client: OpenClient) -> None:
    with open_client() as client:
        for _ in range(3):
            client.ask("q", "苺")
        client.health()
    assert http_stub.connections == 1


def test_there_are_as_many_connections_as_questions_in_flight_and_each_is_kept(
    http_stub: HttpStub, open_client: OpenClient
) -> None:
    numbers, together = count(), Barrier(15)

    def slowly(received: Received) -> Said:
        if next(numbers) < 15:
            together.wait(30)
        return says(native_answer(received.body), delay=0.02)

    http_stub.rule = slowly
    with open_client() as client:
        for _ in range(2):  # more than the default pool of ten
            assert len(list(client.ask_many([("q", f"苺{number}") for number in range(60)], concurrency=15))) == 60
    assert not together.broken
    assert 10 < http_stub.connections <= 15


def test_the_content_type_says_json(http_stub: HttpStub, open_client: OpenClient) -> None:
    with open_client() as client:
        client.ask("q", "苺")
    assert http_stub.received[0].headers["content-type"] == "application/json"


def test_an_address_may_have_a_path_and_a_model_any_name(http_stub: HttpStub, open_client: OpenClient) -> None:
    with open_client(f"{http_stub.url}/behind/a/proxy/", model="a/b") as client:
        client.ask("q", "苺")
        client.health()
    assert [r.path for r in http_stub.received] == ["/behind/a/proxy/predictions/a%2Fb", "/behind/a/proxy/ping"]


def test_no_proxy_is_asked_for_this_machine(
    http_stub: HttpStub, open_client: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with open_client() as client:
        assert client.ask("q", "苺").answer == "苺"


@pytest.mark.parametrize("token", [None, "key"])
def test_logins_of_netrc_are_not_sent(
    http_stub: HttpStub, open_client: OpenClient, token: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with open_client(token=token) as client:
        client.ask("q", "苺")
    assert http_stub.received[0].authorization == (token and f"Bearer {token}")


def test_a_try_takes_no_longer_than_its_time_though_the_reply_has_begun(
    http_stub: HttpStub, open_client: OpenClient
) -> None:
    body = json.dumps(native_answer({"question": "q", "context": "苺", "request_id": "r"})).encode()
    http_stub.replies(Said(body, delay=0.4, drips="body"))
    with open_client(timeout=0.6) as client, pytest.raises(TimedOutError):
        client.ask("q", "苺")


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_reply_that_drips_takes_no_longer_than_its_time_either(
    http_stub: HttpStub, open_client: OpenClient, part: Literal["head", "body"]
) -> None:
    http_stub.replies(Said(b"{}" * 500, drips=part))  # 50 seconds in all, 0.05 between bytes
    began = time.monotonic()
    with open_client(timeout=0.5) as client, pytest.raises(TimedOutError, match=r"0\.5 s"):
        client.ask("q", "苺")
    assert time.monotonic() - began < 20


def test_a_connection_whose_reply_came_late_has_all_its_time_for_the_next(
    http_stub: HttpStub, open_client: OpenClient
) -> None:
    def slowly(received: Received) -> Said:
        return says(native_answer(received.body), stall=2.5)

    http_stub.rule = slowly
    with open_client(timeout=4.5) as client:
        for _ in range(2):
            assert client.ask("q", "苺").answer == "苺"
    assert http_stub.connections == 1


def test_without_the_extra_the_error_says_which_to_install(way: str) -> None:
    if way == "httpx":
        assert_needs("async", "AsyncLukeQAClient()", "httpx")
