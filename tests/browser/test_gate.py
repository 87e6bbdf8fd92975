"""The page of `luke-qa ui`, with handwritten requests."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.browser.conftest import DEAD_URL, Running, end_page, page_over
from tests.unit.client.stub import HttpStub

TEXT = "私は苺が好きです。"


def upload(url: str, content: bytes) -> str:
    reply = requests.post(f"{url}/gradio_api/upload", files={"files": ("a.txt", content)}, timeout=60)
    reply.raise_for_status()
    path: str = reply.json()[0]
    return path


def search(url: str, path: str) -> bool:
    """Drop the file at this path and ask about it, as the browser does; return whether that succeeded."""
    config = requests.get(f"{url}/config", timeout=60).json()
    ids = {component["props"].get("elem_id"): component["id"] for component in config["components"]}

    def event(trigger: str, name: str) -> Any:
        """Return the number of the event that this trigger has in Python."""
        here = [each for each in config["dependencies"] if [ids[trigger], name] in each["targets"]]
        (found,) = (each["id"] for each in here if each["backend_fn"])
        return found

    session = str(uuid4())
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    dropping = {"fn_index": event("files", "upload"), "session_hash": session, "data": [[file], None, "", "ja"]}
    reply = requests.post(f"{url}/gradio_api/run/predict", json=dropping, timeout=60)
    if not reply.ok:
        return False
    asking = {
        "fn_index": event("ask", "click"),
        "session_hash": session,
        "data": ["何が好きですか", "", None, 1, False, 0],
    }
    requests.post(f"{url}/gradio_api/queue/join", json=asking, timeout=60).raise_for_status()
    with requests.get(f"{url}/gradio_api/queue/data?session_hash={session}", stream=True, timeout=60) as messages:
        messages.encoding = "utf-8"
        for line in messages.iter_lines(decode_unicode=True):
            message = json.loads(line.removeprefix("data: ")) if line else {}
            if message.get("msg") == "process_completed":
                return bool(message["success"])
    raise AssertionError("The question was never completed.")


def searched(stub: HttpStub) -> list[object]:
    return [received.body["context"] for received in stub.received if received.body is not None]


def test_of_all_files_only_those_that_were_uploaded_are_read(stubbed: Running, stub: HttpStub, tmp_path: Path) -> None:
    foreign = tmp_path / "secret.txt"
    foreign.write_text("金庫の番号は1234です。", "utf-8")
    uploaded = upload(stubbed.url, TEXT.encode())
    around = f"{Path(uploaded).parent}/../../../../../../../../../..{foreign}"
    for path in (str(foreign), around):
        assert not search(stubbed.url, path)
    assert searched(stub) == []
    assert search(stubbed.url, uploaded)
    assert searched(stub) == [[TEXT]]


def test_a_file_that_is_an_address_is_not_fetched() -> None:
    with page_over(DEAD_URL) as running:
        assert not search(running.url, "http://pages.example/a.txt")
        status, errors = end_page(running)
    assert status == 130
    assert "PermissionError: The page does not download files from URLs." in errors


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
