"""The page of `luke-qa ui`, with handwritten requests."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from copy import copy
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
import requests

from luke_qa_client._ui.problems import Trouble
from luke_qa_client._ui.turns import AT_ONCE, WAITING
from luke_qa_client._ui.words import WORDS
from tests.browser.conftest import DEAD_URL, Running, end_page, page_over
from tests.support.waiting import wait_for
from tests.unit.client.stub import HttpStub

TEXT = "私は苺が好きです。"


def upload(url: str, content: bytes) -> str:
    reply = requests.post(f"{url}/gradio_api/upload", files={"files": ("a.txt", content)}, timeout=60)
    reply.raise_for_status()
    path: str = reply.json()[0]
    return path


class Browser:
    """Sends the events of a visitor's browser."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = ""
        config = requests.get(f"{url}/config", timeout=60).json()
        self._events = [event for event in config["dependencies"] if event["backend_fn"]]
        self._ids = {component["props"].get("elem_id"): component["id"] for component in config["components"]}
        self.reload()

    def reload(self) -> None:
        """Begin anew, as another visitor."""
        self._session = str(uuid4())

    def drop(self, path: str) -> bool:
        """Drop the file at this path; return whether that succeeded."""
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        return self._send(self._event("files", "upload"), [[file], None, "", "ja"]).ok

    def ask(self, question: str, text: str, timeout: float = 120) -> None:
        """Ask, and wait for the end."""
        data = [None, question, text, None, 1, False, {"ticket": 1}]
        self._send(self._event("ask", "click"), data, timeout).raise_for_status()

    def shown(self) -> str:
        """Return what is shown then, as HTML."""
        (then,) = (event["id"] for event in self._events if event["trigger_after"] == self._event("ask", "click"))
        return str(self._send(then, [None, None, "ja", {"ended": 1, "over": 0}]).json()["data"])

    def _event(self, trigger: str, name: str) -> int:
        """Return the number of the event that this trigger has in Python."""
        (found,) = (event["id"] for event in self._events if [self._ids[trigger], name] in event["targets"])
        return int(found)

    def _send(self, event: int, data: list[Any], timeout: float = 120) -> requests.Response:
        body = {"fn_index": event, "session_hash": self._session, "data": data}
        return requests.post(f"{self._url}/gradio_api/run/predict", json=body, timeout=timeout)


def searched(stub: HttpStub) -> list[object]:
    return [received.body["context"] for received in stub.received if received.body is not None]


def test_of_all_files_only_those_that_were_uploaded_are_read(stubbed: Running, stub: HttpStub, tmp_path: Path) -> None:
    foreign = tmp_path / "secret.txt"
    foreign.write_text("金庫の番号は1234です。", "utf-8")
    uploaded = upload(stubbed.url, TEXT.encode())
    around = f"{Path(uploaded).parent}/../../../../../../../../../..{foreign}"
    for path in (str(foreign), around):
        assert not Browser(stubbed.url).drop(path)
    browser = Browser(stubbed.url)
    assert browser.drop(uploaded)
    browser.ask("何が好きですか", "")
    assert searched(stub) == [[TEXT]]


def test_a_file_that_is_an_address_is_not_fetched() -> None:
    with page_over(DEAD_URL) as running:
        assert not Browser(running.url).drop("http://pages.example/a.txt")
        status, errors = end_page(running)
    assert status == 130
    assert "PermissionError: The page does not download files from URLs." in errors


def test_when_too_many_ask_at_once_one_more_is_told_and_the_others_are_answered(stubbed: Running, held: Event) -> None:
    browser = Browser(stubbed.url)
    browsers = [copy(browser) for _ in range(AT_ONCE + WAITING + 1)]
    for each in browsers:
        each.reload()

    def ask(browser: Browser) -> str:
        browser.ask("長い質問", TEXT)
        return browser.shown()

    with ThreadPoolExecutor(len(browsers)) as pool:
        asked = [pool.submit(ask, browser) for browser in browsers]
        first = next(as_completed(asked))
        assert WORDS["ja"].troubles[Trouble.OVERLOADED] in first.result()
        assert sum(question.done() for question in asked) == 1
        held.set()
        assert all("苺" in question.result() for question in asked if question is not first)


@pytest.mark.usefixtures("held")
def test_visitors_who_leave_give_their_places_up(stubbed: Running) -> None:
    browsers = [copy(browser) for browser in [Browser(stubbed.url)] * (AT_ONCE + WAITING)]

    def leave(browser: Browser) -> None:
        browser.reload()
        with pytest.raises(requests.ReadTimeout):
            browser.ask("長い質問", TEXT, timeout=5)

    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(leave, browsers))

    def is_answered() -> bool:
        browsers[0].reload()
        browsers[0].ask("何が好きですか", TEXT)
        return "苺" in browsers[0].shown()

    wait_for(is_answered, 60)


@pytest.mark.usefixtures("stub")
def test_of_a_session_that_the_page_has_forgotten_an_error_is_shown(stubbed: Running) -> None:
    browser = Browser(stubbed.url)
    browser.ask("何が好きですか", TEXT)
    browser.reload()
    assert WORDS["ja"].troubles[Trouble.FAILED] in browser.shown()


@pytest.mark.parametrize(
    "path",
    ["file={file}", "file=http://pages.example/", "proxy=http://pages.example/", "openapi.json", "component_server"],
)
def test_what_the_page_has_no_use_for_is_not_there(stubbed: Running, path: str) -> None:
    file = upload(stubbed.url, TEXT.encode())
    assert requests.get(f"{stubbed.url}/gradio_api/{path.format(file=file)}", timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost", 200),
        ("localhost:9000", 200),
        ("[::1]", 200),
    ],
)
def test_a_page_of_this_machine_goes_by_its_names_alone(stubbed: Running, host: str, status: int) -> None:
    assert requests.get(stubbed.url, headers={"Host": host}, timeout=60).status_code == status


def test_another_sites_page_cannot_send_anything(stubbed: Running) -> None:
    reply = requests.post(
        f"{stubbed.url}/gradio_api/upload",
        files={"files": ("a.txt", b"x")},
        headers={"Origin": "http://evil.example"},
        timeout=60,
    )
    assert reply.status_code == 403


@pytest.fixture
def heeded() -> Iterator[None]:
    """SIGHUP acts on children even if the tests run under nohup, which lets them ignore it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize(("by", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_no_file_is_left_by_a_page_that_is_stopped(tmp_path: Path, by: signal.Signals, status: int) -> None:
    with page_over(DEAD_URL, TMPDIR=str(tmp_path)) as running:
        upload(running.url, b"x")
        assert list(tmp_path.rglob("a.txt"))
        assert end_page(running, by) == (status, "")
    assert list(tmp_path.iterdir()) == []
