"""The page in Chromium: `luke-qa ui` as a separate process, and browsers whose requests and errors are recorded."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, Route, expect, sync_playwright

from ops.instance import Instance
from ops.layout import ROOT
from tests.unit.client.process import environment
from tests.unit.client.stub import HttpStub, Received, Said, answers_natively

CHROMIUM = Path("/usr/bin/chromium")
UI_PYTHON = ROOT / ".venv" / "ui" / "bin" / "python"  # Gradio's environment; `make setup-dev` makes it
STARTS_WITHIN = 120_000  # ms, also for the first load of a page: the machine may be busy
QUESTION_BOX = "#question :is(input, textarea)"
DEAD_URL = "http://127.0.0.1:1"
TOKEN = "not-for-the-page"

expect.set_options(timeout=STARTS_WITHIN)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="FOLDER", type=Path, help="write the pictures of the docs there")


def lacks(what: str, remedy: str) -> NoReturn:
    """Skip the test, but fail it in CI."""
    reason = f"{what} is missing: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Running:
    """A page and the process that serves it."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def page_over(server: str, *options: str, **extra: str) -> Iterator[Running]:
    """Serve the page for this server; the process is always killed afterwards."""
    if not UI_PYTHON.exists():
        lacks("Gradio", "run `make setup-dev`")
    command = [str(UI_PYTHON), "-m", "luke_qa_client", "ui", "--port", "0", *options]
    with subprocess.Popen(
        command,
        env=environment(LUKE_QA_URL=server, LUKE_QA_TOKEN=TOKEN, **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            said = re.match(r"The page is at (\S+) ", process.stdout.readline())
            assert said, process.communicate(timeout=10)[1]
            yield Running(said[1], process)
        finally:
            process.kill()


def end_page(running: Running, by: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    """Stop the page by a signal; return its exit status and standard error."""
    running.process.send_signal(by)
    _, errors = running.process.communicate(timeout=30)
    return running.process.returncode, errors


# A page takes long to start, so tests share two: one over the real server, and one over a stub that they may program.


@pytest.fixture(scope="session")
def served(server: Instance) -> Iterator[Running]:
    """The page of the real server."""
    with page_over(server.inference_url) as running:
        yield running
        status, errors = end_page(running)
    assert status == 130
    assert all(line.startswith("luke-qa: ") for line in errors.splitlines()), errors


@pytest.fixture(scope="session")
def shared_stub() -> Iterator[HttpStub]:
    stub = HttpStub()
    yield stub
    stub.close()


@pytest.fixture
def stub(shared_stub: HttpStub) -> Iterator[HttpStub]:
    """A server that finds 苺; each test may change its rule."""
    shared_stub.received.clear()
    yield shared_stub
    shared_stub.rule = answers_natively


@pytest.fixture
def held(stub: HttpStub) -> Iterator[Event]:
    """The server answers questions that begin with 長 only after this event."""
    freed = Event()

    def rule(received: Received) -> Said:
        if received.body and received.body["question"].startswith("長"):
            freed.wait(120)
        return answers_natively(received)

    stub.rule = rule
    yield freed
    freed.set()


@pytest.fixture(scope="session")
def corrections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of what is said of the answers on the page of the stub."""
    return tmp_path_factory.mktemp("feedback") / "corrections.jsonl"


@pytest.fixture(scope="session")
def stubbed(shared_stub: HttpStub, corrections: Path) -> Iterator[Running]:
    """The page of the stub."""
    with page_over(shared_stub.url, "--feedback", str(corrections)) as running:
        yield running


@pytest.fixture(scope="module")  # as long as it is open, Playwright runs an event loop, which no other test could use
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        lacks("Chromium", "apt-get install -y --no-install-recommends chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        as_root = os.geteuid() == 0  # Chromium refuses to run sandboxed as root
        browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=not as_root)
        yield browser
        browser.close()


def dropped(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def choose(page: Page, *files: FilePayload) -> None:
    page.locator("#files input[type=file]").set_input_files(list(files))


def drop(page: Page, *files: FilePayload) -> None:
    """Choose files, and wait until each is listed."""
    choose(page, *files)
    for file in files:
        expect(page.locator("#dropped li").filter(has_text=file["name"])).to_have_count(1)


@dataclass
class Visitor:
    """A browser's page, with its requests and errors."""

    page: Page
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def fill(self, question: str | None = None, text: str | None = None) -> None:
        if text is not None:
            self.page.locator("#text textarea").fill(text)
        if question is not None:
            self.page.locator(QUESTION_BOX).fill(question)

    def send(self, question: str | None = None, text: str | None = None) -> None:
        """Fill in what is given, and click the button."""
        self.fill(question, text)
        self.page.locator("#ask").click()

    def ask(self, question: str | None = None, text: str | None = None) -> None:
        """Send what is given, and wait for the answer or the problem."""
        self.fill(question, text)
        with self.answer():
            self.send()

    def cancel(self) -> None:
        """Click the button that is there during the wait, as soon as it is seen."""
        self.page.locator("#waiting [data-cancel]").click()

    def overtake(self, question: str) -> "HeldRequest":
        """Send a question and cancel it; return its request, which the cancel has overtaken."""
        request = HeldRequest(self.page, About.QUESTION)
        self.send(question)
        self.cancel()
        request.wait()
        return request

    @contextmanager
    def answer(self) -> Iterator[None]:
        """Wait for the answer or the problem of a question that is asked inside."""
        shown = self.page.locator("#headline .prose").inner_html()
        yield
        changed = "shown => { const now = document.querySelector('#headline .prose'); return now.innerHTML !== shown }"
        self.page.wait_for_function(changed, arg=shown)
        expect(self.page.locator("#columns")).not_to_have_attribute("data-asking", "")

    def forgive(self) -> None:
        """Check that the browser complains of requests that failed and of nothing else, and forget it."""
        assert self.complaints
        assert all("Failed to load resource" in complaint for complaint in self.complaints), self.complaints
        self.complaints.clear()

    def asks(self, question: str, text: str) -> None:
        """Check what stands in the fields."""
        expect(self.page.locator(QUESTION_BOX)).to_have_value(question)
        expect(self.page.locator("#text textarea")).to_have_value(text)

    @property
    def headline(self) -> str:
        return self.page.locator("#headline .prose").inner_text()


class About(StrEnum):
    """What a request of the page is about."""

    QUESTION = "a question"
    CANCEL = "a cancel"
    DRAWING = "anything that is drawn"


class HeldRequest:
    """The page's next request about this: it is held until it is released. The others pass."""

    def __init__(self, page: Page, about: About) -> None:
        self._page = page
        self._about = about
        self._held: list[Route] = []
        page.route("**/run/predict*", self._meet)

    def _meet(self, route: Route) -> None:
        body: Any = route.request.post_data_json
        told = (body["data"] or [None])[-1]
        if "ticket" in (body.get("event_data") or {}):
            about = About.CANCEL
        elif isinstance(told, dict) and "ticket" in told:
            about = About.QUESTION
        else:
            about = About.DRAWING
        if about is self._about and not self._held:
            self._held.append(route)
        else:
            route.fallback()  # to another of these, or to the page

    def wait(self) -> None:
        """Wait until it is held."""
        while not self._held:
            self._page.wait_for_timeout(10)

    def release(self) -> None:
        """Let it pass, and wait for its reply."""
        with self._page.expect_response(lambda response: response.request == self._held[0].request):
            self._held[0].continue_()

    def fail(self, status: int | None = None) -> None:
        """Answer it with this status, or break its connection."""
        if status is None:
            self._held[0].abort()
        else:
            self._held[0].fulfill(status=status, body="")


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Open the page in a new browser context; at the end, check that it called no other host and had no errors."""
    visitors: list[Visitor] = []
    with ExitStack() as contexts:

        def open_page(
            url: str,
            *,
            locale: str = "ja-JP",
            width: int = 1280,
            height: int = 800,
            dark: bool = False,
            scale: float = 1,
        ) -> Visitor:
            context: BrowserContext = chromium.new_context(
                locale=locale,
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                device_scale_factor=scale,
            )
            contexts.callback(context.close)
            context.set_default_timeout(STARTS_WITHIN)
            visitor = Visitor(context.new_page())
            visitors.append(visitor)
            visitor.page.on("request", lambda request: visitor.requested.append(request.url))
            visitor.page.on("websocket", lambda websocket: visitor.requested.append(websocket.url))
            visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
            visitor.page.on(
                "console",
                lambda message: visitor.complaints.append(message.text) if message.type == "error" else None,
            )
            visitor.page.goto(url, timeout=STARTS_WITHIN)
            visitor.page.locator("#headline p").wait_for(timeout=STARTS_WITHIN)
            return visitor

        yield open_page
    for visitor in visitors:
        hosts = {urlsplit(url).hostname for url in visitor.requested if not url.startswith(("data:", "blob:"))}
        assert hosts == {"127.0.0.1"}
        assert visitor.complaints == []
