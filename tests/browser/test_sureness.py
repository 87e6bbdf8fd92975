"""How sure an answer is, and what visitors say of it, in a browser."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Running, Visit, Visitor
from tests.unit.client.stub import HttpStub, Received, Said, answers_natively, says

TEXT = "😀私の好きな食べ物は\n甘い苺です。趣味は会話です。"
AT = TEXT.index("会話")
YEARLY = "フィルターは、月に1回掃除し、毎年取り替えます。"

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


def says_answers(stub: HttpStub, *found: tuple[float, str]) -> None:
    """The server finds these answers in ``YEARLY``, best first."""
    spans = [
        {"answer": text, "score": score, "start": (at := YEARLY.index(text)), "end": at + len(text), "document": 0}
        for score, text in found
    ]

    def rule(received: Received) -> Said:
        if received.body is None:
            return answers_natively(received)
        sureness = {"no_answer_score": 0.2, "place_score": 0.55, "confidence": "low"}
        return says({**spans[0], **sureness, "answers": spans, "request_id": received.body["request_id"]})

    stub.rule = rule


def test_the_right_answer_is_marked_by_dragging_and_can_be_taken_back(
    stubbed: Running, visit: Visit, stub: HttpStub, corrections: Path
) -> None:
    says_that(stub, "low")
    before = kept(corrections)
    visitor = visit(stubbed.url)
    visitor.ask(text=TEXT)
    marking = visitor.page.locator("#verdict .marking")
    expect(marking).to_be_hidden()
    press(visitor, "wrong")
    expect(marking).to_be_visible()
    expect(visitor.page.locator("[data-verdict=span]")).to_be_disabled()
    drag_over(visitor.page, "甘い苺")
    press(visitor, "span")
    expect(visitor.page.locator("#verdict")).to_contain_text("正しい答えとして「甘い苺」を記録しました。")
    assert kept(corrections) == [*before, (TEXT, [{"text": "甘い苺", "answer_start": TEXT.index("甘い苺")}])]
    visitor.page.reload()
    expect(visitor.page.locator("#verdict")).to_contain_text("正しい答えとして「甘い苺」を記録しました。")
    press(visitor, "undo")
    expect(visitor.page.locator("#verdict [data-verdict=right]")).to_be_visible()
    assert kept(corrections) == before
    press(visitor, "wrong")
    press(visitor, "none")
    expect(visitor.page.locator("#verdict")).to_contain_text("「文章に書かれていない」と記録しました。")
    assert kept(corrections) == [*before, (TEXT, [])]


def test_a_right_answer_is_one_press(stubbed: Running, visit: Visit, stub: HttpStub, corrections: Path) -> None:
    says_that(stub, "high")
    visitor = visit(stubbed.url, locale="en-US")
    visitor.ask(text=TEXT)
    expect(visitor.page.locator("#headline .best strong")).to_have_text("会話")
    press(visitor, "right")
    expect(visitor.page.locator("#verdict")).to_contain_text("Noted: “会話” is the right answer.")
    assert kept(corrections)[-1] == (TEXT, [{"text": "会話", "answer_start": AT}])


def test_without_a_file_for_it_nobody_is_asked(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.ask()
    expect(visitor.page.locator("#verdict button")).to_have_count(0)


def test_what_is_probably_not_there_is_said_and_the_guess_is_shown_on_request(
    stubbed: Running, visit: Visit, stub: HttpStub
) -> None:
    says_that(stub, "none")
    visitor = visit(stubbed.url)
    visitor.ask(text=TEXT)
    headline = visitor.page.locator("#headline")
    expect(headline.locator(".none")).to_contain_text("答えは、おそらく書かれていません 40.0%")
    guess = headline.locator("details.guess span")
    expect(guess).to_be_hidden()
    expect(visitor.page.locator("#details ol.answers")).to_be_hidden()
    headline.locator("summary").click()
    expect(guess).to_have_text("会話")
    expect(visitor.page.locator("#history li").first).to_contain_text("答えなし")


def test_an_unsure_answer_is_smaller_and_called_so(stubbed: Running, visit: Visit, stub: HttpStub) -> None:
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    sizes = []
    for confidence, level in (("high", "高"), ("low", "中")):
        says_that(stub, confidence)
        visitor = visit(stubbed.url)
        visitor.ask(text=TEXT)
        sizes.append(visitor.page.locator("#headline .best strong").evaluate(size))
        expect(visitor.page.locator("#headline .unsure")).to_have_count(int(confidence == "low"))
        expect(visitor.page.locator("#headline .level")).to_have_text(f"確かさ {level}")
    assert sizes[0] > sizes[1]
    expect(visitor.page.locator("#headline .unsure")).to_have_text("自信なし")


def test_answers_that_overlap_are_one_and_no_percentage_stands_in_the_text(
    stubbed: Running, visit: Visit, stub: HttpStub
) -> None:
    says_answers(stub, (0.28, "月に1回"), (0.25, "1回"), (0.1, "毎年"))
    visitor = visit(stubbed.url)
    visitor.ask(text=YEARLY)
    items = visitor.page.locator("#details .answers > li")
    expect(items).to_have_count(2)
    expect(items.first.locator(".variants")).not_to_have_attribute("open", "")
    items.first.locator("summary").click()
    expect(items.first.locator(".variants li")).to_have_text(["1回 25.0%"])
    text = visitor.page.locator("#details .text")
    assert text.inner_text() == YEARLY
    expect(text.locator("mark")).to_have_text(["月に1回", "毎年"])
    after = "mark => getComputedStyle(mark, '::after').content + getComputedStyle(mark, '::before').content"
    assert [mark.evaluate(after) for mark in text.locator("mark").all()] == ["nonenone"] * 2
    bars = items.locator(".bar").evaluate_all(
        "bars => bars.map(bar => parseFloat(getComputedStyle(bar, '::after').width))"
    )
    assert bars[0] > bars[1] > 0
