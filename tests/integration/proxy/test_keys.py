"""API keys, which HAProxy checks by their digests."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.proxy import Server
from ops.ports import find_free_port
from tests.integration.proxy.asking import SMALL, ask, assert_right, call, refused
from tests.integration.proxy.running import Running, run_haproxy
from tests.integration.served import wait_for


def write(file: Path, **keys: str) -> None:
    lines = [f"{hashlib.sha256(key.encode()).hexdigest()} {name}" for name, key in keys.items()]
    file.write_text("# digest, name\n\n" + "".join(f'{line}  # "till" 2027\n' for line in lines), "utf-8")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, backend: Server) -> Iterator[Running]:
    """A proxy with two keys, that every test may ask, with wrong ones too."""
    directory = tmp_path_factory.mktemp("locked")
    write(directory / "keys", app="first-key", page="second-key")
    origins = ("https://pages.example",)
    with run_haproxy(
        directory, servers=(backend,), keys=directory / "keys", wrong_keys=1000, origins=origins
    ) as running:
        yield running


@pytest.fixture
def strict(tmp_path: Path, backend: Server) -> Iterator[Running]:
    """A proxy of a test's own, with two keys, that takes few wrong ones."""
    write(tmp_path / "keys", app="first-key", page="second-key")
    with run_haproxy(tmp_path, servers=(backend,), keys=tmp_path / "keys", wrong_keys=12) as running:
        yield running


def test_several_keys_are_valid_at_once(locked: Running) -> None:
    def logged() -> list[str]:
        return [line["key"] for line in locked.log() if line["request_id"] == "several"]

    for key in ("first-key", "second-key"):
        assert_right(ask(locked.url, headers={**bearer(key), "X-Request-Id": "several"}))
        assert call(locked.grpc, authorization=f"Bearer {key}", x_request_id="several")["answer"]
    wait_for(lambda: len(logged()) == 4)
    assert logged() == ["app", "app", "page", "page"]


@pytest.mark.parametrize(
    "header",
    [
        "Bearer wrong-key",
        "Bearer first-key2",
        "Bearer ",
        "first-key",
        "Basic first-key",
        f"Bearer {hashlib.sha256(b'first-key').hexdigest()}",
        None,
    ],
)
def test_without_a_valid_key_nothing_is_asked(locked: Running, header: str | None) -> None:
    reply = ask(locked.url, headers={"Authorization": header} if header else {})
    assert (reply.status_code, reply.json()["type"]) == (401, "unauthorized")
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="luke-qa"'
    assert refused(locked.grpc, **({"authorization": header} if header else {}))[0] == "UNAUTHENTICATED"


def test_probes_and_preflights_need_no_key(locked: Running) -> None:
    for path in ("ping", "ready", "live"):
        assert requests.get(f"{locked.base}/{path}", timeout=10).status_code == 200
    preflight = requests.options(locked.url, headers={"Origin": "https://pages.example"}, timeout=10)
    assert preflight.status_code == 204


def test_a_probe_says_that_no_server_is_ready(tmp_path: Path) -> None:
    write(tmp_path / "keys", app="first-key")
    servers = (Server("a", http=find_free_port(), grpc=find_free_port(), control=find_free_port()),)
    with run_haproxy(tmp_path, ready=False, servers=servers, keys=tmp_path / "keys") as running:
        wait_for(lambda: not running.ready())
        for path in ("ping", "ready"):
            reply = requests.get(f"{running.base}/{path}", timeout=10)
            assert (reply.status_code, reply.json()["type"]) == (503, "not_ready")


def test_a_page_reads_why_it_was_refused(locked: Running) -> None:
    reply = ask(locked.url, headers={"Origin": "https://pages.example"})
    assert reply.status_code == 401
    assert reply.headers["Access-Control-Allow-Origin"] == "https://pages.example"


def test_guesses_are_slowed_down_and_right_keys_pass(strict: Running) -> None:
    statuses = [ask(strict.url, headers=bearer(f"guess-{n}")).status_code for n in range(15)]
    assert statuses == [401] * 12 + [429] * 3
    reply = ask(strict.url)
    assert reply.json()["type"] == "too_many_wrong_keys"
    assert reply.headers["Retry-After"] == "60"
    assert refused(strict.grpc)[0] == "RESOURCE_EXHAUSTED"
    assert_right(ask(strict.url, headers=bearer("first-key")))


def test_a_key_is_revoked_by_rewriting_the_file(strict: Running, tmp_path: Path) -> None:
    with requests.Session() as kept:  # an open connection does not outlive its key
        assert_right(kept.post(strict.url, data=SMALL, headers=bearer("first-key"), timeout=30))
        write(tmp_path / "keys", page="second-key", new="third-key")
        strict.reload()
        assert [kept.post(strict.url, data=SMALL, headers=bearer("first-key"), timeout=30).status_code] == [401]
    assert ask(strict.url, headers=bearer("first-key")).status_code == 401
    for key in ("second-key", "third-key"):
        assert_right(ask(strict.url, headers=bearer(key)))
