"""How sure an answer is, and what visitors say of it, in a browser."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Running, Visit, Visitor, end_page, page_over
from tests.unit.client.stub import HttpStub, Received, Said, answers_natively, says

TEXT = "😀私の好きな食べ物は\n甘い苺です。趣味は会話です。"
AT = TEXT.index("会話")

# Where a piece of the text is on the screen: its left and right end, and its middle.
PLACE = """
(element, wanted) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    let before = 0;
    const start = element.textContent.indexOf(wanted), end = start + wanted.length;
    for (let node = walker.nextNode(); node; before += node.length, node = walker.nextNode()) {
        if (before <= start && start <= before + node.length) range.setStart(node, start - before);
        if (before < end && end <= before + node.length) range.setEnd(node, end - before);
    }
    const box = range.getBoundingClientRect();
    return { left: box.left, right: box.right, middle: box.top + box.height / 2 };
}
"""


def drag_over(page: Page, wanted: str) -> None:
    """Select a piece of the text with the mouse."""
    text = page.locator("#details .text")
    text.scroll_into_view_if_needed()
    place = text.evaluate(PLACE, wanted)
    page.mouse.move(place["left"] + 1, place["middle"])
    page.mouse.down()
    page.mouse.move(place["right"] - 1, place["middle"], steps=5)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()") == wanted


def press(visitor: Visitor, verdict: str) -> None:
    visitor.page.locator(f"#verdict [data-verdict={verdict}]").click()


def kept(file: Path) -> list[tuple[str, list[dict[str, Any]]]]:
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [(line["context"], line["qas"][0]["answers"]) for line in lines]


def says_that(stub: HttpStub, confidence: str) -> None:
    def rule(received: Received) -> Said:
        if received.body is None:
            return answers_natively(received)
        span = {"answer": "会話", "score": 0.3, "start": AT, "end": AT + 2, "document": 0}
        sureness = {"no_answer_score": 0.4, "place_score": 0.55, "confidence": confidence}
        return says({**span, **sureness, "answers": [span], "request_id": received.body["request_id"]})

    stub.rule = rule


def test_the_right_answer_is_marked_by_dragging_and_can_be_taken_back(
    visit: Visit, stub: HttpStub, tmp_path: Path
) -> None:
    says_that(stub, "low")
    file = tmp_path / "corrections.jsonl"
    with page_over(stub.url, "--feedback", str(file)) as running:
        visitor = visit(running.url)
        visitor.ask(text=TEXT)
        marking = visitor.page.locator("#verdict .marking")
        expect(marking).to_be_hidden()
        press(visitor, "wrong")
        expect(marking).to_be_visible()
        expect(visitor.page.locator("[data-verdict=span]")).to_be_disabled()
        drag_over(visitor.page, "甘い苺")
        press(visitor, "span")
        expect(visitor.page.locator("#verdict")).to_contain_text("正しい答えとして「甘い苺」を記録しました。")
        assert kept(file) == [(TEXT, [{"text": "甘い苺", "answer_start": TEXT.index("甘い苺")}])]
        press(visitor, "undo")
        expect(visitor.page.locator("#verdict [data-verdict=right]")).to_be_visible()
        assert kept(file) == []
        press(visitor, "wrong")
        press(visitor, "none")
        expect(visitor.page.locator("#verdict")).to_contain_text("「文章に書かれていない」と記録しました。")
        assert kept(file) == [(TEXT, [])]
        visitor.page.close()
        assert end_page(running) == (130, "luke-qa: Interrupted.\n")
    assert kept(file) == [(TEXT, [])]


def test_a_right_answer_is_one_press(visit: Visit, stub: HttpStub, tmp_path: Path) -> None:
    says_that(stub, "high")
    file = tmp_path / "corrections.jsonl"
    with page_over(stub.url, "--feedback", str(file)) as running:
        visitor = visit(running.url, locale="en-US")
        visitor.ask(text=TEXT)
        expect(visitor.page.locator("#headline .best strong")).to_have_text("会話")
        press(visitor, "right")
        expect(visitor.page.locator("#verdict")).to_contain_text("Noted: “会話” is the right answer.")
        assert kept(file) == [(TEXT, [{"text": "会話", "answer_start": AT}])]
        visitor.page.close()


def test_what_is_probably_not_there_is_said_and_the_guess_is_shown_on_request(
    visit: Visit, stub: HttpStub, served_by_stub: Running
) -> None:
    says_that(stub, "none")
    visitor = visit(served_by_stub.url)
    visitor.ask(text=TEXT)
    headline = visitor.page.locator("#headline")
    expect(headline.locator(".none")).to_contain_text("答えは、おそらく書かれていません 40.0%")
    guess = headline.locator("details.guess span")
    expect(guess).to_be_hidden()
    expect(visitor.page.locator("#details ol.answers")).to_be_hidden()
    headline.locator("summary").click()
    expect(guess).to_have_text("会話")
    expect(visitor.page.locator("#history label").first).to_contain_text("答えなし")
    expect(visitor.page.locator("#verdict button")).to_have_count(0)  # without --feedback


def test_an_unsure_answer_is_smaller_and_called_so(visit: Visit, stub: HttpStub, served_by_stub: Running) -> None:
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    sizes = []
    for confidence in ("high", "low"):
        says_that(stub, confidence)
        visitor = visit(served_by_stub.url)
        visitor.ask(text=TEXT)
        sizes.append(visitor.page.locator("#headline .best strong").evaluate(size))
        expect(visitor.page.locator("#headline .unsure")).to_have_count(int(confidence == "low"))
    assert sizes[0] > sizes[1]
    expect(visitor.page.locator("#headline .unsure")).to_have_text("自信なし")


@pytest.fixture(scope="module")
def served_by_stub(stub: HttpStub) -> Any:
    with page_over(stub.url) as running:
        yield running
