"""The key: given, from a function or from TorchServe's file, and read again when it has expired."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from luke_qa_client import AuthenticationError, LukeQAClient
from luke_qa_client._keys import Keys
from luke_qa_client._settings import read_settings
from luke_qa_client._transport.base import Attempt
from luke_qa_client._transport.http import http_request
from tests.unit.client.conftest import OpenClient
from tests.unit.client.stub import Received, Said, Stub, answers_natively, refusal, says

CONTEXT = "私は苺が好きです。"


class Guard:
    """A server's rule: one key is valid, and it may change."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, received: Received) -> Said:
        if received.authorization != f"Bearer {self.key}":
            return says(refusal(400, "InvalidKeyException"))
        return answers_natively(received)


def write_keys(file: Path, key: str) -> None:
    """Write a key file as TorchServe does."""
    expires = {"expiration time": "2026-11-24T12:00:00Z"}
    keys = {name: {"key": f"{name}-{key}", **expires} for name in ("management", "inference")}
    file.write_text(json.dumps({**keys, "API": {"key": f"API-{key}"}}))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key_file.json"
    write_keys(file, "old")
    return file


def test_the_inference_key_of_torchserves_file_is_sent_and_read_again_when_it_has_expired(
    server: Stub, open_client: OpenClient, key_file: Path
) -> None:
    guard = server.rule = Guard("inference-old")
    with open_client(key_file=key_file) as client:
        assert client.ask("q", CONTEXT).answer == "苺"
        write_keys(key_file, "new")
        guard.key = "inference-new"
        assert client.ask("q", CONTEXT).answer == "苺"
        assert client.health().ready
    expected = ["old", "old", "new", "new"]
    assert [received.authorization for received in server.received] == [f"Bearer inference-{key}" for key in expected]


def test_a_function_is_called_before_the_first_question_and_when_its_key_is_refused(
    server: Stub, open_client: OpenClient
) -> None:
    keys = iter(["old", "new", "newest"])
    server.rule = Guard("new")
    with open_client(token=lambda: next(keys)) as client:
        assert client.ask("q", CONTEXT).answer == "苺"
        assert client.ask("q", CONTEXT).answer == "苺"
    assert [received.authorization for received in server.received] == ["Bearer old", "Bearer new", "Bearer new"]


def test_a_key_that_stays_wrong_is_an_authentication_error(
    server: Stub, open_client: OpenClient, key_file: Path
) -> None:
    server.rule = Guard("another")
    with open_client(key_file=key_file) as client, pytest.raises(AuthenticationError) as caught:
        client.ask("q", CONTEXT)
    assert (len(server.received), caught.value.tries) == (2, 2)
    with open_client(token="wrong") as client, pytest.raises(AuthenticationError):
        client.ask("q", CONTEXT)
    assert len(server.received) == 3


def test_many_questions_in_flight_read_the_key_again_once(server: Stub, open_client: OpenClient) -> None:
    read: list[str] = []

    def provide() -> str:
        read.append("old" if not read else "new")
        return read[-1]

    guard = server.rule = Guard("old")
    with open_client(token=provide) as client:
        assert client.ask("q", CONTEXT).answer == "苺"
        guard.key = "new"
        results = list(client.ask_many([("q", f"{CONTEXT}{number}") for number in range(30)], concurrency=8))
    assert [result.answer for result in results] == ["苺"] * 30
    assert read == ["old", "new"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file"),
        ("{", "contains no inference key"),
        ("[]", "contains no inference key"),
        ('{"management": {"key": "k"}}', "contains no inference key"),
        ('{"inference": {"key": "two words"}}', "one word"),
        ('{"inference": {"key": 3}}', "one word"),
    ],
)
def test_a_file_without_a_key_is_an_error_in_the_questions_place_and_nothing_is_sent(
    server: Stub, open_client: OpenClient, tmp_path: Path, content: str | None, sentence: str
) -> None:
    file = tmp_path / "keys.json"
    if content is not None:
        file.write_text(content)
    with open_client(key_file=file) as client:
        (error,) = client.ask_many([("q", CONTEXT)], request_id="mine")
    assert isinstance(error, AuthenticationError)
    assert sentence in error.message
    assert error.request_id == "mine"
    assert server.received == []


def test_a_file_that_is_caught_while_it_is_written_is_read_again(
    server: Stub, open_client: OpenClient, key_file: Path
) -> None:
    guard = server.rule = Guard("inference-old")

    def rewrites(received: Received) -> Said:
        if guard.key == "inference-old":
            guard.key = "inference-new"
            key_file.write_text('{"management": {"key": "')
            threading.Timer(0.05, write_keys, (key_file, "new")).start()
        return guard(received)

    with open_client(key_file=key_file) as client:
        assert client.ask("q", CONTEXT).answer == "苺"
        server.rule = rewrites
        assert client.ask("q", CONTEXT).answer == "苺"


def test_an_error_about_a_file_does_not_carry_what_is_in_it(
    server: Stub, open_client: OpenClient, key_file: Path
) -> None:
    for content in ('{"inference": {"key": "secret"}', '{"management": {"key": "secret"}}', '"secret \udcff'):
        key_file.write_text(content, errors="surrogateescape")
        with open_client(key_file=key_file) as client, pytest.raises(AuthenticationError) as caught:
            client.ask("q", CONTEXT)
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)
        assert "secret" not in str(caught.value)


def test_a_key_stands_in_no_repr() -> None:
    attempt = Attempt(b"question", "r", "secret", 1.0)
    settings = read_settings("http://qa", timeout=1.0, total_timeout=1.0, verify=None, model="m")
    for shown in (attempt, http_request(settings, attempt)):
        assert "secret" not in repr(shown)
        assert "question" not in repr(shown)


def test_a_function_that_fails_is_an_authentication_error_with_its_cause(server: Stub, open_client: OpenClient) -> None:
    def fails() -> str:
        raise OSError("The vault is sealed.")

    with open_client(token=fails) as client:
        with pytest.raises(AuthenticationError, match=r"OSError: The vault is sealed\.") as caught:
            client.ask("q", CONTEXT, request_id="mine")
        assert isinstance(caught.value.__cause__, OSError)
        assert (caught.value.status, caught.value.request_id) == (None, "mine")
        results = list(client.ask_many([("q", CONTEXT), ("q", "苺")]))
    assert [type(result) for result in results] == [AuthenticationError] * 2
    assert server.received == []


@pytest.mark.parametrize("token", ["", "two words", "key\n", "鍵"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(ValueError, match="token") as caught:
        LukeQAClient(token=token)
    assert not token.strip() or token not in str(caught.value)


def test_a_token_and_a_file_are_one_too_many(key_file: Path) -> None:
    with pytest.raises(ValueError, match="either token or key_file"):
        LukeQAClient(token="key", key_file=key_file)


def test_an_argument_stands_before_the_environments_token(
    stub: Stub, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUKE_QA_TOKEN", "environment")
    arguments: list[dict[str, Any]] = [{}, {"token": "given"}, {"key_file": key_file}]
    for argument in arguments:
        with LukeQAClient(stub.url, **argument) as client:
            client.ask("q", CONTEXT)
    sent = [received.authorization for received in stub.received]
    assert sent == ["Bearer environment", "Bearer given", "Bearer inference-old"]


def test_one_thread_reads_while_the_others_wait() -> None:
    entered, go_on = threading.Event(), threading.Event()
    read: list[str] = []

    def provide() -> str:
        entered.set()
        assert go_on.wait(60)
        read.append("key")
        return "key"

    keys, found = Keys(None, provide), []
    threads = [threading.Thread(target=lambda: found.append(keys.current())) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert entered.wait(60)
    go_on.set()
    for thread in threads:
        thread.join()
    assert (found, read) == (["key"] * 4, ["key"])
