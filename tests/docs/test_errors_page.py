"""The tables of errors: every row is played to the client, which does what the row says."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import grpc
import pytest
import trustme

from luke_qa.errors import RequestError
from luke_qa_client import LukeQAClient, LukeQAError, _errors, _policy, _statuses
from ops.instance import free_ports
from ops.layout import ROOT
from tests.support.documents import read_blocks, read_tables
from tests.support.pauses import TOO_LONG, pauses
from tests.unit.client.stub import GrpcStub, HttpStub, Said, refusal, says
from tests.unit.client.transport.test_tls import serve

Row = dict[str, str]

PAGE = ROOT / "docs" / "errors.md"
REPLIES, RULES, TORCHSERVE, BETWEEN, WITHOUT_REPLY = read_tables(PAGE)


def rule_for(reply: Row) -> Row:
    """The client's rule for an error of the model: that of its type, or else that of its status."""
    names = (f"{reply['status']} {reply['type']}", reply["status"])
    return next(rule for name in names for rule in RULES if name in rule["HTTP"].split(", "))


MODEL = [
    {
        **rule_for(reply),
        "what happened": reply["meaning"],
        "HTTP": f"{reply['status']} {reply['type']}",
        "gRPC": "as HTTP",
    }
    for reply in REPLIES
]
ROWS = MODEL + TORCHSERVE + BETWEEN

# How TorchServe 0.12 words the details of a call, by what it would be over HTTP.
EXCEPTION = "org.pytorch.serve.http.InternalServerException"
ARCHIVE = "org.pytorch.serve.archive.model"
DETAILS = {
    "404 `ModelNotFoundException`": f"Model not found: x\n{ARCHIVE}.ModelNotFoundException",
    "404 `ModelVersionNotFoundException`": f"No 9.\n{ARCHIVE}.ModelVersionNotFoundException",
    "413": "Stream removed (RST_STREAM (Received RST_STREAM with error code 8))",
    "500 `InternalServerException`": f"Worker died.\n{EXCEPTION}",
    "503 `InternalServerException`": f"Prediction failed\n{EXCEPTION}",
    "503 `ServiceUnavailableException`": "Model has no worker to serve it.\nInternalServerException.()",
    "507 `InternalServerException`": f"Out of resources\n{EXCEPTION}",
}


@pytest.fixture(autouse=True)
def _three_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_policy, "draw_backoff", pauses(0.001, 0.001, TOO_LONG))


@pytest.fixture(scope="module")
def http_stub() -> Iterator[HttpStub]:
    with closing(HttpStub()) as stub:
        yield stub


@pytest.fixture(scope="module")
def grpc_stub() -> Iterator[GrpcStub]:
    with closing(GrpcStub()) as stub:
        yield stub


def happened(row: Row) -> str:
    return row["what happened"]


def status_and_type(cell: str) -> tuple[int | None, str | None]:
    match = re.fullmatch(r"(\d{3})?(?: `(\w+)`)?", cell)
    assert match, cell
    return int(match[1]) if match[1] else None, match[2]


def assert_comes_of(row: Row, url: str, *, options: Any = None, **arguments: Any) -> LukeQAError:
    """Ask a server that always fails, three times at most."""
    with LukeQAClient(url, **arguments) as client, pytest.raises(LukeQAError) as caught:
        client.ask("q", "苺", **(options or {}))
    assert f"`{caught.type.__name__}`" == row["exception"]
    tries = {"yes": 3, "once": 2}.get(row["retried"].partition(";")[0], 1)
    assert max(caught.value.tries, 1) == tries  # 0 where no key can be read
    return caught.value


@pytest.mark.parametrize("row", [row for row in ROWS if row["HTTP"]], ids=happened)
def test_a_row_comes_true_over_http(row: Row, http_stub: HttpStub) -> None:
    status, type = status_and_type(row["HTTP"])
    assert status is not None
    http_stub.replies(says(refusal(status, type)) if type else Said(b"", status))
    error = assert_comes_of(row, http_stub.url)
    assert (error.status, error.type) == (status, type)


@pytest.mark.parametrize("row", [row for row in ROWS if row["gRPC"]], ids=happened)
def test_a_row_comes_true_over_grpc(row: Row, grpc_stub: GrpcStub) -> None:
    status, type = status_and_type(row["HTTP"])
    if row["gRPC"] == "as HTTP":
        assert status is not None
        assert type is not None
        grpc_stub.ends_with = None
        grpc_stub.replies(says(refusal(status, type)))
    else:
        code = row["gRPC"].strip("`")
        type = type if row["HTTP"] in DETAILS and type else code
        details = DETAILS.get(row["HTTP"], "why") if row in TORCHSERVE else "why"
        grpc_stub.ends_with = (grpc.StatusCode[code], details)
    error = assert_comes_of(row, grpc_stub.url)
    assert error.type == type


def connection_refused(row: Row) -> Iterator[LukeQAError]:
    for scheme in ("http", "grpc"):
        yield assert_comes_of(row, f"{scheme}://127.0.0.1:{free_ports()['grpc_inference_port']}")


def certificate_not_trusted(row: Row) -> Iterator[LukeQAError]:
    for way in ("requests", "grpc"):
        with closing(serve(way, trustme.CA().issue_cert("127.0.0.1"))) as stub:
            yield assert_comes_of(row, stub.url)


def another_protocol(row: Row) -> Iterator[LukeQAError]:
    for kind, ours, other in ((HttpStub, "http", "grpc"), (GrpcStub, "grpc", "http")):
        with closing(kind()) as stub:
            yield assert_comes_of(row, stub.url.replace(ours, other))


def no_reply(row: Row) -> Iterator[LukeQAError]:
    for kind in (HttpStub, GrpcStub):
        with closing(kind()) as stub:
            stub.replies(Said(b"{}", delay=30.0))
            yield assert_comes_of(row, stub.url, timeout=0.5, total_timeout=4.0)


def deadline_passed(row: Row) -> Iterator[LukeQAError]:
    yield assert_comes_of(row, "http://127.0.0.1:1", options={"deadline_ms": 1})


def nonsense(row: Row) -> Iterator[LukeQAError]:
    for kind in (HttpStub, GrpcStub):
        with closing(kind()) as stub:
            stub.replies(Said(b"<html>"))
            yield assert_comes_of(row, stub.url)


def no_pair(row: Row) -> Iterator[LukeQAError]:
    with LukeQAClient("http://127.0.0.1:1") as client:
        (error,) = client.ask_many([("q", None)])  # type: ignore[list-item]
    assert f"`{type(error).__name__}`" == row["exception"]
    assert isinstance(error, LukeQAError)
    yield error


def no_key(row: Row) -> Iterator[LukeQAError]:
    yield assert_comes_of(row, "http://127.0.0.1:1", key_file="nowhere.json")
    yield assert_comes_of(row, "http://127.0.0.1:1", token=lambda: "")


PLAYS = [
    connection_refused,
    certificate_not_trusted,
    another_protocol,
    no_reply,
    deadline_passed,
    nonsense,
    no_pair,
    no_key,
]


@pytest.mark.parametrize(("row", "play"), list(zip(WITHOUT_REPLY[:-1], PLAYS, strict=True)))
def test_a_row_without_a_reply_comes_true(row: Row, play: Callable[[Row], Iterator[LukeQAError]]) -> None:
    for error in play(row):
        assert (f"`{error.type}`" if error.type else "none") in row["type"]
        assert error.status is None or f"status {error.status}" in row["type"]


def test_no_error_of_the_server_is_left_out() -> None:
    listed = [row["HTTP"] for row in MODEL]
    assert sorted(listed) == sorted(f"{error.code} `{error.type}`" for error in RequestError.__subclasses__())


def test_no_rule_of_the_client_is_left_out() -> None:
    pairs = [status_and_type(row["HTTP"]) for row in ROWS]
    codes = {row["gRPC"].strip("`") for row in BETWEEN}
    assert {status for status, _ in pairs} >= _statuses._BY_STATUS.keys()
    assert set(pairs) >= _statuses._BY_STATUS_AND_TYPE.keys()
    assert codes >= _statuses._STATUS_OF_GRPC_CODE.keys()


def test_no_exception_is_left_out() -> None:
    def leaves(error: type[LukeQAError]) -> set[str]:
        below = error.__subclasses__()
        return set().union(*map(leaves, below)) if below else {f"`{error.__name__}`"}

    assert {row["exception"] for row in ROWS + WITHOUT_REPLY} == leaves(LukeQAError)


def test_the_tree_is_the_one_that_the_code_draws() -> None:
    (tree,) = read_blocks(PAGE)
    assert tree.code in (_errors.__doc__ or "").replace("``", "")
