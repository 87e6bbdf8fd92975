"""Earlier questions, links and copies on the page of `luke-qa ui`."""

import json
from urllib.parse import quote

from playwright.sync_api import Page, expect

from luke_qa_client._ui.examples import EXAMPLES
from tests.browser.conftest import Running, Visit, choose, drop, dropped

QUESTION, TEXT = EXAMPLES[0]
OTHER = ("誰が好きですか", "私は苺が好きです。")
HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>${1+1}{{value}}苺"


def earlier(page: Page) -> list[str]:
    return page.locator("#history li button").all_inner_texts()


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_an_earlier_question_comes_back_with_its_text_and_answer(stubbed: Running, visit: Visit) -> None:
    visitor = visit(stubbed.url)
    visitor.ask()
    visitor.ask(*OTHER)
    assert earlier(visitor.page) == [f"{OTHER[0]}\n私", f"{QUESTION}\n苺"]
    visitor.fill("別の質問", "別の文章")
    visitor.page.locator("#history li button").nth(1).click()
    visitor.asks(QUESTION, TEXT)
    expect(visitor.page.locator("mark.best")).to_have_text("苺")
    visitor.fill("別の質問", "別の文章")
    visitor.page.locator("#history li button").nth(1).click()  # the one that is shown, too
    visitor.asks(QUESTION, TEXT)


def test_an_earlier_question_comes_back_with_its_files(stubbed: Running, visit: Visit) -> None:
    visitor = visit(stubbed.url)
    drop(visitor.page, dropped("好き.txt", OTHER[1].encode()))
    visitor.ask(OTHER[0])
    visitor.page.get_by_role("button", name="「好き.txt」を外す").click()
    visitor.ask(QUESTION, TEXT)
    expect(visitor.page.locator("#dropped li")).to_have_count(0)
    visitor.page.locator("#history li button").nth(1).click()
    expect(visitor.page.locator("#dropped li")).to_contain_text("好き.txt")
    visitor.page.reload()
    expect(visitor.page.locator("#dropped li")).to_contain_text("好き.txt")
    visitor.ask("誰ですか")
    expect(visitor.page.locator("#details .text")).to_have_text(OTHER[1])


def test_a_reload_keeps_the_questions_in_this_browser_alone_and_one_button_forgets_them(
    stubbed: Running, visit: Visit
) -> None:
    visitor = visit(stubbed.url)
    visitor.ask()
    visitor.ask(*OTHER)
    visitor.page.reload()
    expect(visitor.page.locator("#history li")).to_have_count(2)
    visitor.asks(*OTHER)
    expect(visitor.page.locator("mark.best")).to_have_text("私")
    expect(visit(stubbed.url).page.locator("#history li")).to_have_count(0)
    visitor.page.get_by_role("button", name="履歴をすべて消去").click()
    expect(visitor.page.locator("#history li")).to_have_count(0)
    expect(visitor.page.locator("#details .text")).to_have_count(0)
    stored = visitor.page.evaluate("JSON.stringify(localStorage)")
    visitor.page.reload()
    expect(visitor.page.locator("#headline .welcome")).to_be_visible()
    expect(visitor.page.locator("#history li")).to_have_count(0)
    assert len(json.loads(stored)["luke-qa"]) < 300  # no question is in it any more


def test_a_link_is_copied_and_fills_the_page(stubbed: Running, visit: Visit) -> None:
    visitor = visit(stubbed.url)
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.ask(*OTHER)
    visitor.page.get_by_role("button", name="答えをコピー").click()
    expect(visitor.page.locator("#copying [role=status]")).to_have_text("コピーしました。")
    assert copied(visitor.page) == "私"
    visitor.fill("変えた質問", "変えた文章")
    visitor.page.get_by_role("button", name="リンクをコピー").click()
    visitor.page.wait_for_function("navigator.clipboard.readText().then(text => text !== '私')")
    link = copied(visitor.page)
    assert link == f"{stubbed.url}/#question={quote(OTHER[0])}&text={quote(OTHER[1])}"
    guest = visit(link)
    guest.asks(*OTHER)
    expect(guest.page.locator("#headline .welcome")).to_be_visible()  # it is filled in, not asked
    assert guest.page.evaluate("location.hash") == ""
    with guest.page.expect_navigation():
        guest.page.evaluate("location.hash = '#question=a&text=b'")  # as when it is pasted over the address
    guest.asks("a", "b")


def test_what_a_link_or_a_file_says_is_text_and_never_markup(stubbed: Running, visit: Visit) -> None:
    visitor = visit(f"{stubbed.url}/#question={quote(HOSTILE)}&text={quote(HOSTILE)}")
    visitor.asks(HOSTILE, HOSTILE)
    choose(visitor.page, dropped("<img src=x onerror=alert(1)>&.txt", HOSTILE.encode()))
    name = "img src=x onerror=alert(1)&.txt"  # Gradio leaves the brackets out
    expect(visitor.page.locator("#dropped li")).to_contain_text(name)
    visitor.ask()
    expect(visitor.page.locator("#headline .asked")).to_have_text(HOSTILE)
    for text in visitor.page.locator("#details .text").all():
        assert text.evaluate("text => text.textContent") == HOSTILE
    visitor.page.reload()
    expect(visitor.page.locator("#history li")).to_contain_text("onerror")
    expect(visitor.page.locator("#dropped li")).to_contain_text(name)
    assert visitor.page.locator("#columns img").count() == 0
    assert visitor.page.title() != "broken"


def test_what_cannot_be_a_link_says_why(stubbed: Running, visit: Visit) -> None:
    visitor = visit(stubbed.url)
    visitor.ask(text="私は苺が好きです。" * 500)
    expect(visitor.page.locator("#copying")).to_contain_text("文章が長いため、リンクにできません。")
    expect(visitor.page.get_by_role("button", name="リンクをコピー")).to_be_disabled()


def test_a_page_over_plain_http_copies_as_well(stubbed: Running, visit: Visit) -> None:
    visitor = visit(stubbed.url)
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.evaluate("window.clipboard = navigator.clipboard")
    visitor.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    visitor.ask()
    visitor.page.get_by_role("button", name="答えをコピー").click()
    expect(visitor.page.locator("#copying [role=status]")).to_have_text("コピーしました。")
    assert visitor.page.evaluate("window.clipboard.readText()") == "苺"
