"""The wait for an answer on the page of `luke-qa ui`, and its end."""

import re
from threading import Event

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import QUESTION_BOX, About, HeldRequest, Running, Visit
from tests.unit.client.stub import HttpStub, Received, Said, answers_natively


@pytest.mark.parametrize(
    ("locale", "words", "unit", "button"),
    [("ja-JP", "答えを探しています", "秒", "中止"), ("en-US", "Looking for the answer", "s", "Cancel")],
)
def test_the_wait_is_counted_and_a_cancel_ends_it(
    stubbed: Running, visit: Visit, held: Event, locale: str, words: str, unit: str, button: str
) -> None:
    visitor = visit(stubbed.url, locale=locale)
    page = visitor.page
    visitor.ask("誰が好きですか")
    waiting = page.locator("#waiting .waiting")
    expect(waiting).to_be_hidden()
    visitor.fill("長い質問")
    page.locator("#ask").click()
    expect(waiting).to_contain_text(words)
    page.wait_for_function("Number(document.querySelector('#waiting .seconds').textContent) >= 2")
    assert re.search(rf"\d {unit}", waiting.inner_text())
    page.get_by_role("button", name=button).click()
    expect(waiting).to_be_hidden()
    expect(page.locator("#waiting .cancelled")).to_be_visible()
    expect(page.locator(QUESTION_BOX)).to_be_focused()
    expect(page.locator("#headline .asked")).to_have_text("誰が好きですか")  # as before
    visitor.ask("何が好きですか")  # at once, while the server may still be at the other
    expect(page.locator("#headline .asked")).to_have_text("何が好きですか")
    held.set()
    visitor.ask("誰ですか")
    expect(page.locator("#history li")).to_have_count(3)
    assert "長い質問" not in page.locator("#history").inner_text()


def test_to_forget_all_during_a_wait_forgets_this_question_as_well(stubbed: Running, visit: Visit, held: Event) -> None:
    visitor = visit(stubbed.url)
    visitor.ask("何が好きですか")
    visitor.fill("長い質問")
    visitor.page.locator("#ask").click()
    expect(visitor.page.locator("#waiting .waiting")).to_be_visible()
    cancel = HeldRequest(visitor.page, About.CANCEL)
    visitor.page.locator("#history [data-forget]").click()
    cancel.wait()
    held.set()
    expect(visitor.page.locator("#headline .asked")).to_have_text("長い質問")  # the answer was faster than the cancel
    cancel.release()
    expect(visitor.page.locator("#headline .welcome")).to_be_visible()
    expect(visitor.page.locator("#waiting .waiting")).to_be_hidden()
    visitor.ask("誰が好きですか")
    expect(visitor.page.locator("#history li")).to_have_count(1)


def test_an_answer_and_a_problem_end_the_wait(stubbed: Running, visit: Visit, stub: HttpStub) -> None:
    visitor = visit(stubbed.url)
    freed = Event()

    def rule(received: Received) -> Said:
        freed.wait(120)
        return answers_natively(received)

    stub.rule = rule
    for _ in range(2):  # the second answer looks like the first
        freed.clear()
        visitor.page.locator("#ask").click()
        expect(visitor.page.locator("#waiting .waiting")).to_be_visible()
        freed.set()
        expect(visitor.page.locator("#waiting .waiting")).to_be_hidden()
    visitor.ask("")
    expect(visitor.page.locator("#headline .problem")).to_be_visible()
    expect(visitor.page.locator("#waiting .waiting")).to_be_hidden()


def test_a_cancel_as_soon_as_it_is_offered_is_honoured(stubbed: Running, visit: Visit, held: Event) -> None:
    visitor = visit(stubbed.url)
    for number in range(3):
        visitor.fill(f"長い質問{number}")
        visitor.page.locator("#ask").click()
        visitor.page.locator("#waiting [data-cancel]").click()  # waits only until it is visible
        expect(visitor.page.locator("#waiting .cancelled")).to_be_visible()
    held.set()
    visitor.ask("何が好きですか")
    expect(visitor.page.locator("#history li")).to_have_count(1)


def test_the_late_end_of_a_cancelled_question_does_not_end_the_next_wait(
    stubbed: Running, visit: Visit, held: Event
) -> None:
    page = (visitor := visit(stubbed.url)).page
    question = HeldRequest(page, About.QUESTION)  # and its cancel overtakes it
    visitor.fill("長い質問")
    page.locator("#ask").click()
    page.locator("#waiting [data-cancel]").click()
    question.wait()
    visitor.fill("長い次の質問")
    page.locator("#ask").click()
    question.release()
    page.wait_for_function("Number(document.querySelector('#waiting .seconds').textContent) >= 1")
    expect(page.locator("#waiting .waiting")).to_be_visible()
    with visitor.answer():
        held.set()
    expect(page.locator("#waiting .waiting")).to_be_hidden()
    expect(page.locator("#headline .asked")).to_have_text("長い次の質問")
    expect(page.locator("#history li")).to_have_count(1)


@pytest.mark.parametrize("keys", [None, "Enter", "Control+Enter"])
def test_a_question_while_a_cancel_is_on_its_way_is_not_lost(
    stubbed: Running, visit: Visit, held: Event, keys: str | None
) -> None:
    page = (visitor := visit(stubbed.url)).page
    cancel = HeldRequest(page, About.CANCEL)
    visitor.fill("長い質問")
    page.locator("#ask").click()
    page.locator("#waiting [data-cancel]").click()
    cancel.wait()
    visitor.fill("何が好きですか")
    if keys is None:
        page.locator("#ask").click()
    else:
        page.locator(QUESTION_BOX).press(keys)
    expect(page.locator("#headline .asked")).to_have_text("何が好きですか")
    cancel.release()
    visitor.ask("誰が好きですか")
    expect(page.locator("#waiting .waiting")).to_be_hidden()
    expect(page.locator("#history li")).to_have_count(2)
    held.set()


def test_a_question_that_is_asked_twice_at_once_is_one_question(stubbed: Running, visit: Visit, held: Event) -> None:
    page = (visitor := visit(stubbed.url)).page
    visitor.fill("長い質問")
    page.locator("#ask").dblclick()
    page.locator(QUESTION_BOX).press("Enter")
    with visitor.answer():
        held.set()
    visitor.ask("何が好きですか")
    expect(page.locator("#history li")).to_have_count(2)
