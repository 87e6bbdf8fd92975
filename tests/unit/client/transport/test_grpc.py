"""gRPC only, blocking and asynchronous: status codes, message limits, a missing extra."""

import grpc
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
from luke_qa_client._statuses import grpc_failure
from tests.unit.client.conftest import OpenClient
from tests.unit.client.process import assert_needs
from tests.unit.client.stub import GrpcStub, native_answer, says

NO_WORKER = 'Model "luke-qa" has no worker to serve inference request. Please use scale workers API to add workers.'
SERVER_EXCEPTION = "org.pytorch.serve.http.InternalServerException"
ARCHIVE = "org.pytorch.serve.archive.model"


@pytest.mark.parametrize("way", ["grpc", "grpc.aio"], indirect=True)
@pytest.mark.usefixtures("one_try")
@pytest.mark.parametrize(
    ("code", "details", "error", "status", "type"),
    [  # how TorchServe 0.12 ends calls
        ("PERMISSION_DENIED", "Token Authorization failed.", AuthenticationError, 403, "PERMISSION_DENIED"),
        (
            "INTERNAL",
            f"Model not found: x\n{ARCHIVE}.ModelNotFoundException",
            NotFoundError,
            404,
            "ModelNotFoundException",
        ),
        (
            "INTERNAL",
            f"No 9.\n{ARCHIVE}.ModelVersionNotFoundException",
            NotFoundError,
            404,
            "ModelVersionNotFoundException",
        ),
        ("INTERNAL", f"{NO_WORKER}\nInternalServerException.()", OverloadedError, 503, "ServiceUnavailableException"),
        (
            "INTERNAL",
            "Parameter model_name is required.\nBadRequestException.()",
            BadRequestError,
            400,
            "BadRequestException",
        ),
        ("INTERNAL", f"Worker died.\n{SERVER_EXCEPTION}", ServerError, 500, "InternalServerException"),
        ("INTERNAL", f"Out of resources\n{SERVER_EXCEPTION}", ServerError, 507, "InternalServerException"),
        ("UNAVAILABLE", f"Prediction failed\n{SERVER_EXCEPTION}", ServerError, 503, "InternalServerException"),
        ("CANCELLED", "Stream removed (RST_STREAM (Received ... code 8))", TooLargeError, 413, "CANCELLED"),
        # how gRPC itself or a proxy does
        ("UNAVAILABLE", "failed to connect to all addresses", ConnectionFailedError, None, "UNAVAILABLE"),
        ("DEADLINE_EXCEEDED", "Deadline Exceeded", TimedOutError, None, "DEADLINE_EXCEEDED"),
        ("RESOURCE_EXHAUSTED", "Received message larger than max (9 vs. 4)", TooLargeError, 413, "RESOURCE_EXHAUSTED"),
        ("RESOURCE_EXHAUSTED", "too many calls", OverloadedError, 429, "RESOURCE_EXHAUSTED"),
        ("UNAUTHENTICATED", "no key", AuthenticationError, 401, "UNAUTHENTICATED"),
        ("UNIMPLEMENTED", "", NotFoundError, 404, "UNIMPLEMENTED"),
        ("NOT_FOUND", "", NotFoundError, 404, "NOT_FOUND"),
        ("INVALID_ARGUMENT", "bad", BadRequestError, 400, "INVALID_ARGUMENT"),
        ("INTERNAL", "", ServerError, 500, "INTERNAL"),
        ("CANCELLED", "", ServerError, 500, "CANCELLED"),
        ("UNKNOWN", "An exception", ServerError, 500, "UNKNOWN"),
    ],
)
def test_the_end_of_a_call_becomes_the_error_that_http_would_give(
    grpc_stub: GrpcStub,
    open_client: OpenClient,
    code: str,
    details: str,
    error: type[LukeQAError],
    status: int | None,
    type: str,
) -> None:
    grpc_stub.ends_with = (grpc.StatusCode[code], details)
    with open_client() as client, pytest.raises(error) as caught:
        client.ask("q", "c", request_id="mine")
    assert caught.type is error
    assert (caught.value.status, caught.value.type, caught.value.request_id) == (status, type, "mine")
    assert caught.value.message
    assert "java" not in str(caught.value)
    assert "\n" not in caught.value.message


def test_every_code_of_grpc_has_an_error() -> None:
    for code in grpc.StatusCode:
        assert isinstance(grpc_failure(code.name, "why"), LukeQAError)


@pytest.mark.parametrize("way", ["grpc", "grpc.aio"], indirect=True)
def test_an_answer_above_four_megabytes_arrives(grpc_stub: GrpcStub, open_client: OpenClient) -> None:
    grpc_stub.rule = lambda received: says({**native_answer(received.body), "padding": "苺" * 2_000_000})
    with open_client() as client:
        assert client.ask("q", "苺").answer == "苺"


@pytest.mark.parametrize("way", ["grpc", "grpc.aio"], indirect=True)
def test_no_proxy_is_asked_for_this_machine(
    grpc_stub: GrpcStub, open_client: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with open_client() as client:
        assert client.ask("q", "苺").answer == "苺"


@pytest.mark.parametrize("client", ["LukeQAClient", "AsyncLukeQAClient"])
@pytest.mark.parametrize("missing", ["grpc", "google.protobuf"])
def test_without_the_extra_the_error_says_which_to_install(missing: str, client: str) -> None:
    assert_needs("grpc", f"{client}('grpc://127.0.0.1:7070')", missing)
