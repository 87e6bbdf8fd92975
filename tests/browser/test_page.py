"""The page of `luke-qa ui` in a browser."""

import re
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from luke_qa_client._ui.examples import EXAMPLES as PAGE_EXAMPLES
from ops.asking import EXAMPLES
from tests.browser.conftest import (
    DEAD_URL,
    QUESTION_BOX,
    TOKEN,
    About,
    HeldRequest,
    Running,
    Visit,
    drop,
    dropped,
    end_page,
    page_over,
)
from tests.unit.client.stub import HttpStub, Said

QUESTION, TEXT = PAGE_EXAMPLES[0]


def test_a_first_visit_is_one_press_away_from_the_cards_answer(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.ask()
    best = visitor.page.locator("#details mark.best")
    assert best.inner_text() == "苺"
    assert best.evaluate("mark => mark.closest('.text').innerText") == TEXT
    described = best.get_attribute("aria-describedby")
    assert visitor.page.locator(f"#{described}").inner_text().startswith("苺")
    expect(best).to_be_in_viewport()
    asked, best_answer, *certainty = visitor.headline.split()
    assert (asked, best_answer, certainty[:2]) == (QUESTION, "苺", ["確かさ", "高"])
    assert re.fullmatch(r"9\d\.\d%|100\.0%", certainty[2])


@pytest.mark.parametrize(("field", "keys"), [("question", "Enter"), ("text", "Control+Enter")])
def test_the_keyboard_asks(stubbed: Running, visit: Visit, field: str, keys: str) -> None:
    visitor = visit(stubbed.url)
    with visitor.answer():
        visitor.page.locator(f"#{field} :is(input, textarea)").press(keys)
    expect(visitor.page.locator("mark.best")).to_have_text("苺")


@pytest.mark.parametrize("control", [False, True])
def test_the_enter_of_a_conversion_does_not_ask_in_safari(
    stubbed: Running, visit: Visit, stub: HttpStub, control: bool
) -> None:
    page = visit(stubbed.url).page
    init = {"key": "Enter", "keyCode": 229, "isComposing": False, "ctrlKey": control, "bubbles": True}
    page.locator(QUESTION_BOX).evaluate("(box, init) => box.dispatchEvent(new KeyboardEvent('keydown', init))", init)
    page.wait_for_timeout(1000)
    assert [received for received in stub.received if received.body is not None] == []


def test_an_example_fills_in_its_question_and_text(stubbed: Running, visit: Visit) -> None:
    visitor = visit(stubbed.url)
    for question, text in PAGE_EXAMPLES[1:]:
        visitor.page.locator("#examples button").filter(has_text=question).click()
        visitor.asks(question, text)


def test_every_example_is_answered_right(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    found = []
    for question, text in PAGE_EXAMPLES:
        visitor.ask(question, text)
        best = visitor.page.locator("#headline .best strong")
        found.append(best.inner_text() if best.count() else None)
    assert found == ["苺", "およそ四百万年前", "三浦さん", None]


def test_every_control_is_there_and_has_a_name_to_be_read_out(served: Running, visit: Visit) -> None:
    page = visit(served.url).page
    controls: list[tuple[Literal["heading", "textbox", "button", "radio"], str]] = [
        ("heading", "文章から答えを探す"),
        ("textbox", "文章"),
        ("textbox", "質問"),
        ("button", "質問する"),
        ("radio", "English"),
        ("button", "設定"),
    ]
    for role, name in controls:
        expect(page.get_by_role(role, name=name).first).to_be_attached()
    drop_zone = page.locator("#files button").bounding_box()
    assert drop_zone is not None
    assert 40 < drop_zone["height"] < 80
    expect(page.locator("#headline")).to_have_attribute("aria-live", "polite")
    expect(page.locator("html")).to_have_attribute("lang", "ja")


def test_the_browsers_language_is_spoken_and_the_switch_changes_it(served: Running, visit: Visit) -> None:
    visitor = visit(served.url, locale="en-US")
    page = visitor.page
    expect(page.locator("#ask")).to_have_text("Ask")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    visitor.ask()
    expect(page.locator("#details")).to_contain_text("Probability that there is no answer")
    page.get_by_text("日本語", exact=True).click()
    expect(page.locator("#ask")).to_have_text("質問する")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.locator("#details")).to_contain_text("答えがない確率")
    expect(page.locator("mark.best")).to_have_text("苺")
    page.get_by_text("English", exact=True).click()
    expect(page.locator("h1")).to_have_text("Find answers in a text")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_language_can_be_switched_while_a_question_is_under_way(
    stubbed: Running, visit: Visit, stub: HttpStub
) -> None:
    usual = stub.rule
    stub.rule = lambda received: replace(usual(received), delay=0.3 if received.body else 0)
    page = visit(stubbed.url).page
    for number, (language, words) in enumerate([("English", "Probability"), ("日本語", "答えがない確率")] * 4):
        page.locator(QUESTION_BOX).fill(f"{number}番目の質問")
        page.locator("#ask").click()
        page.get_by_text(language, exact=True).click()
        expect(page.locator("#headline .asked")).to_have_text(f"{number}番目の質問")
        expect(page.locator("#details .no-answer")).to_contain_text(words)


def test_an_answer_that_arrives_while_the_language_is_switched_is_shown_in_the_new_one(
    stubbed: Running, visit: Visit
) -> None:
    page = visit(stubbed.url).page
    shows = HeldRequest(page, About.DRAWING)
    page.locator(QUESTION_BOX).fill("何が好きですか")
    page.locator("#ask").click()
    shows.wait()
    page.get_by_text("English", exact=True).click()
    page.wait_for_timeout(500)  # for the switch, if it overtook the answer
    shows.release()
    expect(page.locator("#ask")).to_have_text("Ask")
    expect(page.locator("#headline .asked")).to_have_text("何が好きですか")
    expect(page.locator("#details .no-answer")).to_contain_text("Probability")


def test_several_texts_are_searched_together(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.ask(EXAMPLES[1].question, f"{TEXT}\n---\n{EXAMPLES[1].context}")
    folds = visitor.page.locator("#details details:not(.variants)")
    assert folds.count() == 2
    assert folds.nth(1).locator("mark.best").inner_text() == EXAMPLES[1].answer
    expect(folds.nth(1).locator("mark.best")).to_be_in_viewport()


def test_a_press_on_an_answer_leads_to_its_place(served: Running, visit: Visit) -> None:
    visitor = visit(served.url, height=500)
    visitor.ask(text=TEXT + "\n雨が降る。" * 300)
    page = visitor.page
    expect(page.locator("mark.best")).to_be_in_viewport()
    page.locator("#details .text").evaluate("text => text.scrollTo(0, text.scrollHeight)")
    expect(page.locator("mark.best")).not_to_be_in_viewport()
    page.locator("#details [data-place='0']").click()
    expect(page.locator("mark.best")).to_be_in_viewport()


def test_a_missing_question_and_a_long_one_are_said_in_a_sentence(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.ask("")
    assert visitor.headline == "質問を入力してください。"
    visitor.ask(QUESTION * 100)
    assert visitor.headline == "質問が長すぎます。短くしてください。"


def test_a_server_that_is_down_is_said_in_a_sentence_without_its_address_or_key(
    stubbed: Running, visit: Visit, stub: HttpStub
) -> None:
    stub.rule = lambda received: Said(b"", drop=True)
    visitor = visit(stubbed.url)
    visitor.ask()
    assert visitor.headline == "質問応答サーバーに接続できません。サーバーが起動しているか確認してください。"
    config = visitor.page.request.get(f"{stubbed.url}/config").text()
    for secret in (TOKEN, stub.url):
        assert secret not in visitor.page.content()
        assert secret not in config


def test_the_number_of_answers_can_be_chosen(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.page.locator("#more button").first.click()
    number, slider = (visitor.page.locator(f"#more input[type={kind}]") for kind in ("number", "range"))
    expect(slider).to_have_value("3")
    deadline = time.monotonic() + 60
    while slider.input_value() != "1":  # Gradio shows an input a moment before it listens to it
        assert time.monotonic() < deadline
        number.fill("1")
        number.press("Tab")
    visitor.ask()
    expect(visitor.page.locator("#details .answers > li")).to_have_count(1)


def test_the_page_calls_nobody_and_leaves_nothing(visit: Visit, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:  # every call to another host would go through it
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        with page_over(DEAD_URL, HTTP_PROXY=address, HTTPS_PROXY=address, TMPDIR=str(tmp_path)) as running:
            visitor = visit(running.url)
            drop(visitor.page, dropped("a.txt", b"x"))
            assert list(tmp_path.rglob("a.txt"))
            visitor.page.close()
            assert end_page(running) == (130, "luke-qa: Interrupted.\n")
        assert list(tmp_path.iterdir()) == []
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()
