"""A client's settings: arguments, else the environment, else the documented defaults."""

import math
from pathlib import Path
from typing import Any

import pytest

from luke_qa_client import LukeQAClient
from luke_qa_client._settings import read_settings
from tests.unit.client.stub import Stub

GIVEN: dict[str, Any] = {"timeout": None, "total_timeout": 120.0, "verify": None, "model": "m"}


def test_without_anything_it_is_this_machine_and_thirty_seconds() -> None:
    settings = read_settings(None, **GIVEN)
    assert (settings.target.url, settings.timeout) == ("http://127.0.0.1:8080", 30)


def test_the_environment_counts_where_no_argument_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUKE_QA_URL", "grpc://qa:7")
    monkeypatch.setenv("LUKE_QA_TIMEOUT", "2.5")
    settings = read_settings(None, **GIVEN)
    assert (settings.target.url, settings.timeout) == ("grpc://qa:7", 2.5)
    settings = read_settings("http://other", **{**GIVEN, "timeout": 7})
    assert (settings.target.url, settings.timeout) == ("http://other", 7)


def test_the_address_may_name_the_model() -> None:
    url = "http://127.0.0.1:8080/predictions/mine"
    given = {**GIVEN, "model": None}
    assert read_settings(url, **given).model == "mine"
    assert read_settings(url, **{**given, "model": "mine"}).model == "mine"
    assert read_settings("http://127.0.0.1:8080", **given).model == "luke-qa"
    with pytest.raises(ValueError, match=r"names the model 'mine', and model= names 'other'\. Give one"):
        read_settings(url, **{**given, "model": "other"})


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LUKE_QA_URL", "LUKE_QA_TIMEOUT", "LUKE_QA_TOKEN"):
        monkeypatch.setenv(name, "")
    assert repr(LukeQAClient()) == "LukeQAClient('http://127.0.0.1:8080')"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LUKE_QA_URL", "ftp://localhost:8080"),
        ("LUKE_QA_TIMEOUT", "soon"),
        ("LUKE_QA_TIMEOUT", "-1"),
        ("LUKE_QA_TIMEOUT", "inf"),
        ("LUKE_QA_TOKEN", "two words"),
    ],
)
def test_a_variable_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name):
        LukeQAClient()
    LukeQAClient("http://qa", timeout=1, token="key").close()  # nobody asked for it


@pytest.mark.parametrize("name", ["timeout", "total_timeout"])
@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, "soon"])
def test_a_time_that_is_none_is_refused(name: str, seconds: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be .*, not {seconds}"):
        LukeQAClient(**{name: seconds})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is not a PEM file of certificates"),
        (b"no certificate", "is not a PEM file of certificates"),
    ],
)
def test_certificates_that_are_none_are_refused(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=rf"verify: .*ca\.pem {why}"):
        LukeQAClient("https://qa", verify=file)


def test_the_environments_server_is_asked_with_its_token(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUKE_QA_URL", stub.url)
    monkeypatch.setenv("LUKE_QA_TOKEN", "key")
    with LukeQAClient() as client:
        client.ask("q", "苺")
    assert stub.received[0].authorization == "Bearer key"
