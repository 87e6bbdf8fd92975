"""What only HTTP has: statuses, redirects, broken connections, proxies, .netrc."""

from pathlib import Path

import pytest

from luke_qa_client import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    LukeQAClient,
    LukeQAError,
    NotFoundError,
    OverloadedError,
    ServerError,
    TimedOutError,
    TooLargeError,
)
from tests.unit.client.stub import HttpStub, Said, says


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
    http_stub: HttpStub, status: int, error: type[LukeQAError], body: bytes
) -> None:
    http_stub.replies(Said(body, status=status, headers={"location": "/elsewhere"}))
    with LukeQAClient(http_stub.url) as client, pytest.raises(error) as caught:
        client.ask("q", "c", request_id="mine")
    assert caught.type is error
    assert (caught.value.status, caught.value.request_id) == (status, "mine")
    assert str(status) in caught.value.message
    assert len(http_stub.received) == 1


def test_a_failed_batch_is_not_taken_for_a_full_queue(http_stub: HttpStub) -> None:
    http_stub.replies(says({"code": 503, "type": "InternalServerException", "message": "Prediction failed"}))
    with LukeQAClient(http_stub.url) as client, pytest.raises(ServerError, match="Prediction failed"):
        client.ask("q", "c")


def test_a_body_that_stalls_is_a_timeout(http_stub: HttpStub) -> None:
    http_stub.replies(Said(b"{}" * 100, stall=1.0))
    with LukeQAClient(http_stub.url, timeout=0.2) as client, pytest.raises(TimedOutError, match=r"0\.2 s"):
        client.ask("q", "c")


def test_a_body_that_breaks_off_is_a_failed_connection(http_stub: HttpStub) -> None:
    http_stub.replies(Said(b"{}" * 100, cut=True))
    with LukeQAClient(http_stub.url) as client, pytest.raises(ConnectionFailedError):
        client.ask("q", "c")


def test_the_connection_is_kept(http_stub: HttpStub) -> None:
    with LukeQAClient(http_stub.url) as client:
        for _ in range(3):
            client.ask("q", "苺")
        (pool,) = client._transport._session.get_adapter(http_stub.url).poolmanager.pools._container.values()  # type: ignore[attr-defined]
        assert pool.num_connections == 1


def test_the_content_type_says_json(http_stub: HttpStub) -> None:
    with LukeQAClient(http_stub.url) as client:
        client.ask("q", "苺")
    assert http_stub.received[0].headers["content-type"] == "application/json"


def test_an_address_may_have_a_path_and_a_model_any_name(http_stub: HttpStub) -> None:
    with LukeQAClient(f"{http_stub.url}/behind/a/proxy/", model="a/b") as client:
        client.ask("q", "苺")
        client.health()
    assert [r.path for r in http_stub.received] == ["/behind/a/proxy/predictions/a%2Fb", "/behind/a/proxy/ping"]


def test_no_proxy_is_asked_for_this_machine(http_stub: HttpStub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with LukeQAClient(http_stub.url) as client:
        assert client.ask("q", "苺").answer == "苺"


@pytest.mark.parametrize("token", [None, "key"])
def test_logins_of_netrc_are_not_sent(
    http_stub: HttpStub, token: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with LukeQAClient(http_stub.url, token=token) as client:
        client.ask("q", "苺")
    assert http_stub.received[0].authorization == (token and f"Bearer {token}")
