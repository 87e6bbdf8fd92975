"""Addresses."""

import pytest

from luke_qa_client import LukeQAClient
from luke_qa_client._target import Target, parse_target


def test_an_address_is_looked_into() -> None:
    assert parse_target("https://qa.example/jp/") == Target(
        url="https://qa.example/jp", grpc=False, secure=True, authority="qa.example:7070", loopback=False
    )
    assert parse_target("grpc://[::1]") == Target(
        url="grpc://[::1]", grpc=True, secure=False, authority="[::1]:7070", loopback=True
    )


@pytest.mark.parametrize(
    ("url", "loopback"),
    [("http://localhost:1", True), ("http://127.9.9.9", True), ("http://10.0.0.1", False), ("http://qa", False)],
)
def test_this_machine_is_known_by_name_and_number(url: str, loopback: bool) -> None:
    assert parse_target(url).loopback is loopback


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "localhost",
        "ftp://host",
        "http://",
        "http://host:port",
        "http://host:70000",
        "http://[::1",
        "http://user:secret@host",
        "http://host?token=secret",
        "grpc://host/path",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+") as caught:
        LukeQAClient(url)
    assert "secret" not in str(caught.value)
    assert "LUKE_QA_URL" not in str(caught.value)
