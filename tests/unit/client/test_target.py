"""Addresses."""

import pytest

from luke_qa_client import LukeQAClient
from luke_qa_client._target import Target, parse_target


def test_an_address_is_looked_into() -> None:
    assert parse_target("https://qa.example/jp/") == Target(
        url="https://qa.example/jp",
        http_url="https://qa.example/jp",
        grpc=False,
        open_inference=False,
        secure=True,
        authority="qa.example:7070",
        loopback=False,
    )
    assert parse_target("grpc://[::1]") == Target(
        url="grpc://[::1]",
        http_url="grpc://[::1]",
        grpc=True,
        open_inference=False,
        secure=False,
        authority="[::1]:7070",
        loopback=True,
    )


@pytest.mark.parametrize(
    ("url", "http_url", "authority", "grpc", "secure"),
    [
        ("triton://qa", "http://qa:8000", "qa:8000", False, False),
        ("triton://[::1]:9/prefix/", "http://[::1]:9/prefix", "[::1]:9", False, False),
        ("tritons://qa", "https://qa:443", "qa:443", False, True),
        ("triton+grpc://qa", "http://qa:8001", "qa:8001", True, False),
        ("triton+grpcs://qa:9", "https://qa:9", "qa:9", True, True),
    ],
)
def test_an_address_of_triton_has_its_ports(url: str, http_url: str, authority: str, grpc: bool, secure: bool) -> None:
    target = parse_target(url)
    assert (target.url, target.http_url, target.authority) == (url.rstrip("/"), http_url, authority)
    assert (target.grpc, target.secure, target.open_inference) == (grpc, secure, True)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [("http://localhost:1", True), ("http://127.9.9.9", True), ("http://10.0.0.1", False), ("http://qa", False)],
)
def test_this_machine_is_known_by_name_and_number(url: str, loopback: bool) -> None:
    assert parse_target(url).loopback is loopback


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://luke_qa:1", "luke_qa:1"),  # the form of Docker Compose's service names
        ("http://example.com.", "example.com.:7070"),
        ("http://日本語.jp", "日本語.jp:7070"),
        (f"http://{'a' * 63}:1", f"{'a' * 63}:1"),
        ("http://[fe80::1%eth0]:1", "[fe80::1%eth0]:1"),
    ],
)
def test_whatever_names_a_host_is_one(url: str, authority: str) -> None:
    assert parse_target(url).authority == authority


@pytest.mark.parametrize(
    ("pasted", "url", "model"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080", None),
        ("localhost", "http://localhost", None),
        (" http://qa.example/\n", "http://qa.example", None),
        ("http://127.0.0.1:8080/predictions/luke-qa", "http://127.0.0.1:8080", "luke-qa"),
        ("127.0.0.1:8080/predictions/%E6%97%A5/", "http://127.0.0.1:8080", "日"),
        ("https://qa.example/jp/predictions/", "https://qa.example/jp", None),
        ("https://qa.example/jp/predictions", "https://qa.example/jp", None),
        ("http://127.0.0.1:8080/ping", "http://127.0.0.1:8080", None),
        ("grpc://127.0.0.1:7070/predictions/luke-qa", "grpc://127.0.0.1:7070", "luke-qa"),
        ("http://qa.example/predictions-of/mine", "http://qa.example/predictions-of/mine", None),
        ("HTTP://QA.example:80", "http://QA.example:80", None),
    ],
)
def test_an_address_is_understood_as_it_is_pasted(pasted: str, url: str, model: str | None) -> None:
    target = parse_target(pasted)
    assert (target.url, target.model) == (url, model)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://host",
        "http:127.0.0.1",
        "http:/127.0.0.1",
        "/predictions/luke-qa",
        "http://host/predictions/luke-qa/1.0",
        "http://",
        "http://host:port",
        "http://host:70000",
        "http://[::1",
        "http://user:secret@host",
        "http://host?token=secret",
        "grpc://host/path",
        "triton+grpc://host/path",
        "http://a..b",
        "http://.a",
        "http://a b",
        "http://a%20b",
        "http://*.a",
        f"http://{'a' * 64}",
        f"http://{'日本' * 40}",
        "http://ex。。jp",
        "http://ex。jp",
        "http://ａ.jp",
        "http://a\u200bb",
        "http://a/\x00",
        "grpc://a..b",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+") as caught:
        LukeQAClient(url)
    assert "secret" not in str(caught.value)
    assert "LUKE_QA_URL" not in str(caught.value)
