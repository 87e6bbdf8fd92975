"""The page of `luke-qa ui` in a browser."""

import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import FilePayload, Page, expect

from docs.manual import write_manual
from ops.asking import EXAMPLES
from tests.browser.conftest import DEAD_URL, TOKEN, Running, Visit, end_page, page_over
from tests.unit.client.stub import HttpStub

QUESTION, TEXT = "好きな食べ物は何ですか", "私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。"

CONTRAST = """
mark => {
    const channels = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = colour => channels(colour).slice(0, 3)
        .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const style = getComputedStyle(mark);
    const [a, b] = [luminance(style.color), luminance(style.backgroundColor)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
}
"""


def dropped(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def drop(page: Page, *files: FilePayload) -> None:
    page.locator("#files input[type=file]").set_input_files(list(files))
    for file in files:
        expect(page.locator("#files .file-preview")).to_contain_text(Path(file["name"]).suffix)


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_first_visit_is_one_press_away_from_the_cards_answer(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.ask()
    best = visitor.page.locator("#details mark.best")
    assert best.inner_text() == "苺"
    assert best.evaluate("mark => mark.closest('.text').innerText") == TEXT
    described = best.get_attribute("aria-describedby")
    assert visitor.page.locator(f"#{described}").inner_text().startswith("苺")
    expect(best).to_be_in_viewport()
    assert re.match(rf"{QUESTION}\n\n苺 (9\d\.\d|100\.0)%", visitor.headline)


def test_enter_asks(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    shown = visitor.page.locator("#headline .prose").inner_html()
    visitor.page.locator("#question input").press("Enter")
    visitor.wait_for_change(shown)
    expect(visitor.page.locator("mark.best")).to_have_text("苺")


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


def test_the_language_can_be_switched_while_a_question_is_under_way(visit: Visit, stub: HttpStub) -> None:
    usual = stub.rule
    stub.rule = lambda received: replace(usual(received), delay=0.3 if received.body else 0)
    with page_over(stub.url) as running:
        page = visit(running.url).page
        for number, (language, words) in enumerate([("English", "Probability"), ("日本語", "答えがない確率")] * 4):
            page.locator("#question input").fill(f"{number}番目の質問")
            page.locator("#ask").click()
            page.get_by_text(language, exact=True).click()
            expect(page.locator("#headline .asked")).to_have_text(f"{number}番目の質問")
            expect(page.locator("#details .no-answer")).to_contain_text(words)
        page.close()


def test_several_texts_are_searched_together(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.ask(EXAMPLES[1].question, f"{TEXT}\n---\n{EXAMPLES[1].context}")
    folds = visitor.page.locator("#details details")
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


def test_files_are_texts_of_their_name_in_which_nothing_is_markup(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    south = "南の店は\r\n十時に開きます。<b>安い</b> ${1 + 1} {{value}} `x` &amp; 😀"
    drop(visitor.page, dropped("北.txt", "北の店は九時に開きます。".encode()), dropped("南.md", south.encode()))
    expect(visitor.page.locator("#text textarea")).to_have_value("")  # the example is gone
    visitor.ask("南の店は何時に開きますか")
    folds = visitor.page.locator("#details details")
    assert [name.split()[0] for name in folds.locator("summary").all_inner_texts()] == ["北.txt", "南.md"]
    text = folds.nth(1).locator(".text")
    assert text.locator("mark.best").inner_text() == "十時"
    assert text.evaluate("text => text.textContent") == south.replace("\r\n", "\n")


def test_a_question_finds_its_page_of_a_manual(served: Running, visit: Visit, tmp_path: Path) -> None:
    write_manual(tmp_path / "取扱説明書.pdf")
    visitor = visit(served.url)
    drop(visitor.page, dropped("取扱説明書.pdf", (tmp_path / "取扱説明書.pdf").read_bytes()))
    visitor.ask("羽根の価格はいくらですか")
    shown = visitor.page.locator("#details details[open]").first
    assert shown.locator("summary").inner_text().startswith("取扱説明書.pdf 49 ページ")
    assert shown.locator("mark.best").inner_text().replace("\n", "") == "九百円"
    assert "別売りの品" in shown.locator(".text").inner_text()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(range(256)), "」は読み取れない形式です"),
        (b"\x89PNG\0", "」は画像だけで、文字データがありません"),
    ],
)
def test_a_file_that_is_no_text_is_said_in_a_sentence(
    served: Running, visit: Visit, content: bytes, words: str
) -> None:
    visitor = visit(served.url)
    drop(visitor.page, dropped("何か.dat", content))
    visitor.ask()
    assert visitor.headline.startswith("「何か.dat」は")
    assert words in visitor.headline


def test_a_missing_question_and_a_long_one_are_said_in_a_sentence(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.ask("")
    assert visitor.headline == "質問を入力してください。"
    visitor.ask(QUESTION * 100)
    assert visitor.headline == "質問が長すぎます。短くしてください。"


def test_a_server_that_is_down_is_said_in_a_sentence_without_its_address_or_key(
    served_without_server: Running, visit: Visit
) -> None:
    visitor = visit(served_without_server.url)
    visitor.ask()
    assert visitor.headline == "質問応答サーバーに接続できません。サーバーが起動しているか確認してください。"
    config = visitor.page.request.get(f"{served_without_server.url}/config").text()
    for secret in (TOKEN, DEAD_URL):
        assert secret not in visitor.page.content()
        assert secret not in config


def test_earlier_questions_can_be_seen_again_by_who_asked_them(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.ask()
    visitor.ask(EXAMPLES[1].question, EXAMPLES[1].context)
    history = visitor.page.locator("#history label")
    assert history.all_inner_texts() == [
        f"{EXAMPLES[1].question} → {EXAMPLES[1].answer}",
        f"{QUESTION} → 苺",
    ]
    history.nth(1).click()
    expect(visitor.page.locator("mark.best")).to_have_text("苺")
    expect(visit(served.url).page.locator("#history")).to_have_count(0)


def test_the_number_of_answers_can_be_chosen(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.page.locator("#more button").first.click()
    visitor.page.locator("#more input[type=number]").fill("1")
    visitor.page.locator("#more input[type=number]").press("Tab")
    visitor.ask()
    expect(visitor.page.locator("#details li")).to_have_count(1)


@pytest.mark.parametrize("locale", ["ja-JP", "en-US"])
def test_a_phone_shows_all_of_it_without_scrolling_sideways(served: Running, visit: Visit, locale: str) -> None:
    visitor = visit(served.url, locale=locale, width=390, height=844)
    assert overflow(visitor.page) == 0
    visitor.page.locator("#more button").first.click()
    visitor.ask(text=f"{TEXT} {'w' * 300}\n---\n雨")
    drop(visitor.page, dropped(f"{'長い名前' * 30}.txt", b"x"))
    assert overflow(visitor.page) == 0
    expect(visitor.page.locator("mark.best")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_answers_can_be_read_by_day_and_by_night(served: Running, visit: Visit, dark: bool) -> None:
    visitor = visit(served.url, dark=dark)
    visitor.ask()
    assert visitor.page.locator("mark.best").evaluate(CONTRAST) > 7


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


def test_the_pictures_of_the_docs(served: Running, visit: Visit, request: pytest.FixtureRequest) -> None:
    folder: Path | None = request.config.getoption("--screenshots", None)
    if folder is None:
        pytest.skip("pictures are taken with --screenshots docs/images")
    for name, width, height in (("page.png", 1180, 720), ("page-phone.png", 390, 844)):
        visitor = visit(served.url, width=width, height=height, scale=1.5)
        visitor.ask()
        visitor.ask(EXAMPLES[1].question, EXAMPLES[1].context)
        visitor.page.mouse.move(0, 0)
        visitor.page.screenshot(path=folder / name, full_page=True, animations="disabled")
