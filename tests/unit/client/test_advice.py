"""What a failure says at once, and at the end: the log, and the last sentence of the error."""

import logging
import re

import pytest

from luke_qa_client import (
    AuthenticationError,
    ConnectionFailedError,
    LukeQAClient,
    LukeQAError,
    NotFoundError,
    OverloadedError,
)
from luke_qa_client._keys import Keys
from luke_qa_client._policy import Policy
from luke_qa_client._settings import read_settings
from tests.support.pauses import pauses
from tests.unit.client.conftest import OpenClient
from tests.unit.client.stub import GrpcStub, HttpStub, Said, Stub, refusal, says

FULL = refusal(503, "ServiceUnavailableException")
LOGGER = "luke_qa_client"


def levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [record.levelno for record in caplog.records if record.name == LOGGER and record.levelno > logging.DEBUG]


def test_the_first_failure_is_a_warning_at_once_and_each_further_retry_information_with_its_pause(
    server: Stub, open_client: OpenClient, caplog: pytest.LogCaptureFixture
) -> None:
    server.replies_first(says(FULL), says(FULL), says(FULL))
    with open_client() as client, caplog.at_level(logging.INFO, logger=LOGGER):
        assert client.ask("何", "苺").answer == "苺"
    assert levels(caplog) == [logging.WARNING, logging.INFO, logging.INFO]
    first, *others = (record.getMessage() for record in caplog.records if record.name == LOGGER)
    assert re.fullmatch(r"The server replied 503 \(OverloadedError\)\. Retrying for up to 1\d\d s\.", first)
    assert all(line.startswith("Retrying request ") and " s after OverloadedError" in line for line in others)


def test_an_outage_is_one_warning_however_many_questions_wait(caplog: pytest.LogCaptureFixture) -> None:
    policy = Policy(read_settings(None, timeout=30, total_timeout=60, verify=None, model=None), Keys(None))
    with caplog.at_level(logging.INFO, logger=LOGGER):
        for _ in range(3):
            policy.question("何", "苺", {}).after_failure(OverloadedError("Full.", status=503))
    assert levels(caplog) == [logging.WARNING, logging.INFO, logging.INFO]


def test_an_outage_that_goes_on_or_comes_back_is_warned_of_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    policy = Policy(read_settings(None, timeout=30, total_timeout=60, verify=None, model=None), Keys(None))
    with caplog.at_level(logging.INFO, logger=LOGGER):
        for clock[0] in (0.0, 9.0, 11.0, 12.0):
            policy.question("何", "苺", {}).after_failure(OverloadedError("Full.", status=503))
    assert levels(caplog) == [logging.WARNING, logging.INFO] * 2


def test_a_server_that_is_not_there_is_named_in_the_log_and_the_error_says_how_often_it_was_tried(
    caplog: pytest.LogCaptureFixture, open_client: OpenClient, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("luke_qa_client._policy.draw_backoff", pauses(0.001, 0.001, 1e6))
    url = "http://127.0.0.1:1" if way in ("requests", "httpx") else "grpc://127.0.0.1:1"
    caplog.set_level(logging.INFO, logger=LOGGER)
    with open_client(url) as client, pytest.raises(ConnectionFailedError) as caught:
        client.ask("何", "苺")
    first = next(record.getMessage() for record in caplog.records if record.name == LOGGER)
    assert "127.0.0.1:1" in first
    assert re.search(r" Retrying for up to 1\d\d s\.$", first)
    assert re.search(r"It failed 3 times in \d+\.\d s\.", caught.value.message)
    assert caught.value.message.endswith("To wait longer, raise total_timeout= (for the command: --timeout).")


@pytest.mark.usefixtures("one_try")
def test_a_failure_that_was_not_retried_says_nothing_of_tries(server: Stub, open_client: OpenClient) -> None:
    server.replies(says(FULL))
    with open_client() as client, pytest.raises(OverloadedError) as caught:
        client.ask("何", "苺")
    assert "times" not in caught.value.message


def test_a_wrong_model_is_told_the_right_form(server: Stub, open_client: OpenClient) -> None:
    server.replies(says({"code": 404, "type": "ModelNotFoundException", "message": "Model not found: mine"}))
    with open_client(model="mine") as client, pytest.raises(NotFoundError) as caught:
        client.ask("何", "苺")
    assert caught.value.message == (
        "Model not found: mine. The client asked for 'mine': give the right name as model=, or at the end of the "
        "address, as in http://127.0.0.1:8080/predictions/NAME."
    )


def test_an_address_with_a_model_is_asked_for_that_model(http_stub: HttpStub) -> None:

    with LukeQAClient(f"{http_stub.url}/predictions/mine") as client:
        assert client.ask("何", "苺").answer == "苺"
    assert [received.path for received in http_stub.received] == ["/predictions/mine"]


@pytest.mark.parametrize(
    ("status", "sentences"),
    [
        (404, "Use the server's inference address, such as http://127.0.0.1:8080."),
        (
            501,
            "This is not the inference address; it may be the control address. Use the server's inference address, "
            "such as http://127.0.0.1:8080.",
        ),
    ],
)
def test_another_address_of_the_server_is_told_which_is_meant(http_stub: HttpStub, status: int, sentences: str) -> None:
    http_stub.replies(Said(b"<html><head><title>Error response</title>", status=status))
    with LukeQAClient(http_stub.url) as client, pytest.raises(LukeQAError) as caught:
        client.ask("何", "苺")
    page = f"The server replied {status} with the page 'Error response'."
    assert (caught.value.message, caught.value.tries) == (f"{page} {sentences}", 1)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "grpc://127.0.0.1:1"])
def test_where_nothing_listens_the_next_step_is_told(url: str) -> None:
    with LukeQAClient(url) as client, pytest.raises(ConnectionFailedError) as caught:
        client.health()
    assert caught.value.message.endswith(
        ". Start the server (make start), or give its address: --url or LUKE_QA_URL (in Python: base_url=)."
    )


@pytest.mark.parametrize(("token", "hint"), [(None, True), ("key", False)])
def test_a_missing_key_mentions_how_to_give_one(
    server: Stub, open_client: OpenClient, token: str | None, hint: bool
) -> None:
    server.replies(says(refusal(401, "unauthorized")))
    with open_client(token=token) as client, pytest.raises(AuthenticationError) as caught:
        client.ask("何", "苺")
    assert ("--token or --key-file" in caught.value.message) is hint


@pytest.mark.parametrize("way", ["requests", "httpx"], indirect=True)
def test_http_at_a_grpc_port_is_one_sentence_with_the_right_form(grpc_stub: GrpcStub, open_client: OpenClient) -> None:
    place = grpc_stub.url.removeprefix("grpc://")
    with open_client(f"http://{place}") as client, pytest.raises(ConnectionFailedError) as caught:
        client.ask("何", "苺")
    assert caught.value.message == (
        f"The server at http://{place} does not speak HTTP. If this is TorchServe's gRPC port, use grpc://{place}."
    )
    assert (caught.value.type, caught.value.tries) == ("WRONG_PROTOCOL", 1)


@pytest.mark.parametrize("way", ["grpc", "grpc.aio"], indirect=True)
def test_grpc_at_an_http_port_is_one_sentence_with_the_right_form(http_stub: HttpStub, open_client: OpenClient) -> None:
    url = http_stub.url.replace("http://", "grpc://")
    with open_client(url) as client, pytest.raises(ConnectionFailedError) as caught:
        client.ask("何", "苺")
    assert caught.value.message == (
        "The server at this address does not speak gRPC. For TorchServe's HTTP port use http://; its gRPC port is 7070 "
        "by default."
    )
    assert (caught.value.type, caught.value.tries) == ("WRONG_PROTOCOL", 1)


def test_tls_where_there_is_none_is_one_sentence(server: Stub, open_client: OpenClient) -> None:
    secure = server.url.replace("://", "s://")
    with open_client(secure) as client, pytest.raises(ConnectionFailedError) as caught:
        client.ask("何", "苺")
    assert "does not speak TLS. Use " in caught.value.message
    assert (caught.value.type, caught.value.tries) == ("WRONG_PROTOCOL", 1)


@pytest.mark.parametrize("way", ["requests", "httpx"], indirect=True)
@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            Said(b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title>", status=400),
            "The server replied 400 with the page '400 The plain HTTP request was sent to HTTPS port'.",
        ),
        (
            Said(b"<!DOCTYPE html>\n<title>Welcome to nginx!</title>"),
            "The server's reply is not JSON: it is an HTML page. Check that the address is this server's.",
        ),
        (
            Said(b"\x8e\xa9\xff\x00"),
            "The server's reply is not JSON: 4 bytes that are no text. Check that the address is this server's.",
        ),
    ],
)
def test_another_server_is_described_and_its_bytes_are_not_shown(
    http_stub: HttpStub, open_client: OpenClient, said: Said, message: str
) -> None:
    http_stub.replies(said)
    with open_client() as client, pytest.raises(LukeQAError) as caught:
        client.ask("何", "苺")
    assert caught.value.message == message
