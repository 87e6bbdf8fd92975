"""When a page is opened in the browser."""

import webbrowser
from threading import Event

import pytest

from luke_qa_client._cli import browser
from luke_qa_client._cli.browser import can_open, open_browser


@pytest.mark.parametrize(
    ("environment", "platform", "opens"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({}, "darwin", True),
        ({}, "win32", True),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({"CI": "true"}, "darwin", False),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, "linux", False),
    ],
)
def test_a_browser_is_opened_only_where_a_person_sees_it(
    environment: dict[str, str], platform: str, opens: bool
) -> None:
    assert can_open(environment, platform) is opens


@pytest.mark.parametrize("opens", [True, False])
def test_the_page_is_opened_once_or_not_at_all(monkeypatch: pytest.MonkeyPatch, opens: bool) -> None:
    opened: list[str] = []
    done = Event()

    def record(url: str) -> bool:
        opened.append(url)
        done.set()
        return True

    monkeypatch.setattr(webbrowser, "open", record)
    monkeypatch.setattr(browser, "can_open", lambda environment, platform: opens)
    open_browser("http://127.0.0.1:7860")
    if opens:
        assert done.wait(30)
    assert opened == ["http://127.0.0.1:7860"] * opens
