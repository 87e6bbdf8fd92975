"""The wait for an answer on the page of `luke-qa ui`, and its end."""

import re
from threading import Event

import pytest
from playwright.sync_api import expect

from luke_qa_client._ui.gate import LARGEST
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
    visitor.send("長い質問")
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
    page = visitor.page
    visitor.ask("何が好きですか")
    visitor.send("長い質問")
    expect(page.locator("#waiting .waiting")).to_be_visible()
    forgetting = HeldRequest(page, About.DRAWING)
    page.locator("#history [data-forget]").click()
    forgetting.wait()
    held.set()
    page.wait_for_timeout(500)  # for the answer, if it overtook what is held
    forgetting.release()
    expect(page.locator("#headline .welcome")).to_be_visible()
    expect(page.locator("#waiting .waiting")).to_be_hidden()
    visitor.ask("誰が好きですか")
    expect(page.locator("#history li")).to_have_count(1)


def test_a_question_after_forget_all_is_kept_unless_all_is_forgotten_again(
    stubbed: Running, visit: Visit, held: Event
) -> None:
    visitor = visit(stubbed.url)
    page = visitor.page
    for again in (False, True):
        visitor.ask("何が好きですか")
        forgetting = HeldRequest(page, About.DRAWING)
        page.locator("#history [data-forget]").click()
        forgetting.wait()
        visitor.send("長い質問")
        expect(page.locator("#waiting .waiting")).to_be_visible()
        if again:
            page.locator("#history [data-forget]").click()
        forgetting.release()
        expect(page.locator("#headline .welcome")).to_be_visible()
        held.set()
        if again:
            visitor.ask("誰が好きですか")
            expect(page.locator("#history li")).to_have_count(1)
        else:
            expect(page.locator("#headline .asked")).to_have_text("長い質問")
            expect(page.locator("#history li")).to_have_count(1)
            held.clear()


def test_an_answer_and_a_problem_end_the_wait(stubbed: Running, visit: Visit, stub: HttpStub) -> None:
    visitor = visit(stubbed.url)
    freed = Event()

    def rule(received: Received) -> Said:
        freed.wait(120)
        return answers_natively(received)

    stub.rule = rule
    for _ in range(2):  # the second answer looks like the first
        freed.clear()
        visitor.send()
        expect(visitor.page.locator("#waiting .waiting")).to_be_visible()
        freed.set()
        expect(visitor.page.locator("#waiting .waiting")).to_be_hidden()
    visitor.ask("")
    expect(visitor.page.locator("#headline .problem")).to_be_visible()
    expect(visitor.page.locator("#waiting .waiting")).to_be_hidden()


def test_a_cancel_as_soon_as_it_is_offered_is_honoured(stubbed: Running, visit: Visit, held: Event) -> None:
    visitor = visit(stubbed.url)
    for number in range(3):
        visitor.send(f"長い質問{number}")
        visitor.cancel()
        expect(visitor.page.locator("#waiting .cancelled")).to_be_visible()
    held.set()
    visitor.ask("何が好きですか")
    expect(visitor.page.locator("#history li")).to_have_count(1)


def test_the_late_end_of_a_cancelled_question_does_not_end_the_next_wait(
    stubbed: Running, visit: Visit, held: Event
) -> None:
    page = (visitor := visit(stubbed.url)).page
    question = visitor.overtake("長い質問")
    visitor.send("長い次の質問")
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
    visitor.send("長い質問")
    visitor.cancel()
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


def test_a_question_that_is_asked_twice_at_once_is_one_question(
    stubbed: Running, visit: Visit, held: Event, stub: HttpStub
) -> None:
    page = (visitor := visit(stubbed.url)).page
    visitor.fill("長い質問")
    page.locator("#ask").dblclick()
    page.locator(QUESTION_BOX).press("Enter")
    with visitor.answer():
        held.set()
    assert [received.body["question"] for received in stub.received if received.body] == ["長い質問"]


def test_an_answer_that_is_faster_than_its_cancel_is_not_shown(stubbed: Running, visit: Visit, held: Event) -> None:
    page = (visitor := visit(stubbed.url)).page
    cancel = HeldRequest(page, About.CANCEL)
    shows = HeldRequest(page, About.DRAWING)
    visitor.send("長い質問")
    visitor.cancel()
    cancel.wait()
    held.set()
    shows.wait()
    shows.release()
    page.wait_for_timeout(500)  # for the answer
    expect(page.locator("#waiting .cancelled")).to_be_visible()
    expect(page.locator("#headline .welcome")).to_be_visible()
    cancel.release()
    visitor.ask("何が好きですか")
    expect(page.locator("#history li")).to_have_count(1)


def test_a_cancel_that_is_too_late_is_not_called_a_cancel(stubbed: Running, visit: Visit, held: Event) -> None:
    page = (visitor := visit(stubbed.url)).page
    shows = HeldRequest(page, About.DRAWING)
    cancel = HeldRequest(page, About.CANCEL)
    visitor.send("長い質問")
    held.set()
    shows.wait()  # and it says that nothing is cancelled
    visitor.cancel()
    cancel.wait()
    expect(page.locator("#waiting .cancelled")).to_be_visible()
    shows.release()
    expect(page.locator("#headline .asked")).to_have_text("長い質問")
    expect(page.locator("#waiting .cancelled")).to_be_hidden()
    cancel.release()


def test_an_old_end_between_an_answer_and_its_showing_does_not_prolong_the_wait(
    stubbed: Running, visit: Visit, held: Event
) -> None:
    page = (visitor := visit(stubbed.url)).page
    question = visitor.overtake("長い質問")
    shows = HeldRequest(page, About.DRAWING)
    visitor.send("何が好きですか")
    shows.wait()
    question.release()
    shows.release()
    expect(page.locator("#headline .asked")).to_have_text("何が好きですか")
    expect(page.locator("#waiting .waiting")).to_be_hidden()
    expect(page.locator("#columns")).not_to_have_attribute("data-asking", "")


@pytest.mark.parametrize("about", [About.QUESTION, About.DRAWING])
@pytest.mark.parametrize("status", [None, 500, 502])
def test_a_question_that_gets_no_reply_is_told_and_can_be_asked_again(
    stubbed: Running, visit: Visit, about: About, status: int | None
) -> None:
    page = (visitor := visit(f"{stubbed.url}/?from=here", locale="en-US")).page
    request = HeldRequest(page, about)
    visitor.send()
    request.wait()
    request.fail(status)
    expect(page.locator("#waiting .failed")).to_have_text("That failed. Please try again.")
    expect(page.locator("#waiting .failed")).to_be_visible()
    expect(page.locator("#waiting .waiting")).to_be_hidden()
    visitor.ask("何が好きですか")
    expect(page.locator("#waiting .failed")).to_be_hidden()
    expect(page.locator("#headline .asked")).to_have_text("何が好きですか")
    visitor.forgive()


def test_the_failure_of_a_cancelled_question_does_not_end_the_next_wait(
    stubbed: Running, visit: Visit, held: Event
) -> None:
    page = (visitor := visit(stubbed.url)).page
    question = visitor.overtake("長い質問")
    visitor.send("長い次の質問")
    expect(page.locator("#waiting .waiting")).to_be_visible()
    question.fail(502)
    page.wait_for_function("Number(document.querySelector('#waiting .seconds').textContent) >= 1")
    expect(page.locator("#waiting .waiting")).to_be_visible()
    expect(page.locator("#waiting .failed")).to_be_hidden()
    with visitor.answer():
        held.set()
    expect(page.locator("#headline .asked")).to_have_text("長い次の質問")
    visitor.forgive()


def test_a_text_that_is_too_long_to_be_sent_is_told(stubbed: Running, visit: Visit) -> None:
    page = (visitor := visit(stubbed.url)).page
    visitor.send("何が好きですか", "あ" * (LARGEST // 3))
    expect(page.locator("#waiting .large")).to_be_visible()
    expect(page.locator("#waiting .waiting")).to_be_hidden()
    visitor.ask("何が好きですか", "私は苺が好きです。")
    expect(page.locator("#waiting .large")).to_be_hidden()
    visitor.forgive()
