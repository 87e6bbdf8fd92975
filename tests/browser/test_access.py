"""The page of `luke-qa ui` for everybody: phones and wide screens, day and night, keyboards, screen readers."""

from itertools import product
from pathlib import Path
from threading import Event

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from luke_qa_client._ui.examples import EXAMPLES
from tests.browser.conftest import QUESTION_BOX, Running, Visit, Visitor, drop, dropped
from tests.unit.client.stub import HttpStub

WIDTHS = (390, 820, 1440)
LOCALES = ("ja-JP", "en-US")
SCHEMES = ("light", "dark")

AXE = Axe()
RULES = {"resultTypes": ["violations"]}  # all of axe's rules, those of good practice as well

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


HAS_RING = """
element => [element, element.closest("label") ?? element]
    .map(each => getComputedStyle(each))
    .some(style => style.outlineStyle !== "none" || style.boxShadow !== "none")
"""


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def violations(page: Page) -> dict[str, list[str]]:
    """The rules that the page violates, each with the elements."""
    found = AXE.run(page, options=RULES).response["violations"]
    return {rule["id"]: [node["html"][:200] for node in rule["nodes"]] for rule in found}


def check_everywhere(page: Page, widths: tuple[int, ...] = WIDTHS) -> None:
    """Hold the page against axe's rules at every width, by day and by night, and let nothing stick out."""
    for width, scheme in product(widths, SCHEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        page.wait_for_function(f"document.body.classList.contains('dark') === {str(scheme == 'dark').lower()}")
        assert violations(page) == {}, (width, scheme)
        assert overflow(page) == 0, (width, scheme)


def fill_everything(visitor: Visitor) -> None:
    """Bring everything onto the page that it can show beside an answer."""
    page = visitor.page
    visitor.ask()
    visitor.fill("誰が好きですか", f"私は苺が好きです。{'w' * 300}\n---\n雨です。")
    drop(page, dropped("何か.dat", bytes(range(256))), dropped(f"{'長い名前' * 10}.txt", "私の店".encode()))
    visitor.ask()
    page.locator("#more button").first.click()
    page.locator("#verdict [data-verdict=wrong]").click()
    for summary in page.locator("#details summary").all():
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()


@pytest.mark.parametrize("locale", LOCALES)
def test_the_full_page_follows_every_rule_of_accessibility(
    stubbed: Running, visit: Visit, stub: HttpStub, locale: str
) -> None:
    visitor = visit(stubbed.url, locale=locale)
    fill_everything(visitor)
    check_everywhere(visitor.page)
    visitor.page.locator("h1").evaluate("title => title.insertAdjacentHTML('afterend', '<button></button>')")
    assert violations(visitor.page).keys() >= {"button-name"}  # the rules are awake


@pytest.mark.parametrize("locale", LOCALES)
def test_so_do_a_first_visit_the_wait_a_problem_and_a_text_without_the_answer(
    stubbed: Running, visit: Visit, held: Event, locale: str
) -> None:
    visitor = visit(stubbed.url, locale=locale)
    check_everywhere(visitor.page, WIDTHS[:1])
    visitor.send("長い質問")
    expect(visitor.page.locator("#waiting .waiting")).to_be_visible()
    check_everywhere(visitor.page, WIDTHS[:1])
    visitor.cancel()
    held.set()
    check_everywhere(visitor.page, WIDTHS[:1])
    visitor.ask("誰ですか", "雨")
    check_everywhere(visitor.page, WIDTHS[:1])
    visitor.ask("")
    check_everywhere(visitor.page, WIDTHS[:1])


def test_earlier_questions_stand_beside_what_is_found_and_on_a_phone_above_it(stubbed: Running, visit: Visit) -> None:
    visitor = visit(stubbed.url)
    visitor.ask()
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        history = visitor.page.locator("#history section").bounding_box()
        found = visitor.page.locator("#details .text").bounding_box()
        assert history is not None
        assert found is not None
        if width == WIDTHS[0]:
            assert history["y"] + history["height"] < found["y"]
            assert history["height"] < 200
        else:
            beside = history["x"] >= found["x"] + found["width"] or history["x"] + history["width"] <= found["x"]
            assert beside, width


def test_all_of_it_works_with_the_keyboard_alone(stubbed: Running, visit: Visit) -> None:
    visitor = visit(stubbed.url)
    page = visitor.page
    page.emulate_media(reduced_motion="reduce")  # the ring shows at once
    keys = page.keyboard

    def go_to(selector: str, *, back: bool = False) -> None:
        """Press Tab until the focus is there, and see that it shows."""
        for _ in range(60):
            keys.press("Shift+Tab" if back else "Tab")
            focused = page.locator(":focus")
            if focused.count() and focused.evaluate("(element, selector) => element.matches(selector)", selector):
                assert focused.evaluate(HAS_RING), selector
                return
        raise AssertionError(f"Tab never reaches {selector}.")

    go_to("#language input[value=en]")
    keys.press("Space")
    expect(page.locator("#ask")).to_have_text("Ask")
    go_to("#language input[value=ja]", back=True)
    keys.press("Space")
    expect(page.locator("#ask")).to_have_text("質問する")
    go_to("#text textarea")
    keys.press("Control+A")
    keys.type("私は苺が好きです。")
    go_to("#files button")
    go_to(QUESTION_BOX)
    keys.press("Control+A")
    keys.type("誰が好きですか")
    go_to("#ask")
    with visitor.answer():
        keys.press("Enter")
    go_to("#examples button")
    keys.press("Enter")
    visitor.asks(*EXAMPLES[0])
    go_to("#ask", back=True)
    with visitor.answer():
        keys.press("Space")
    go_to("#more button")
    go_to("#copying button")
    go_to("#verdict [data-verdict=wrong]")
    keys.press("Enter")
    go_to("#verdict [data-verdict=none]")
    go_to("#details [data-place]")
    keys.press("Enter")
    go_to("#details .text")
    go_to("#history li:nth-child(2) button")
    keys.press("Enter")
    visitor.asks("誰が好きですか", "私は苺が好きです。")
    go_to("#history [data-forget]")
    keys.press("Enter")
    expect(page.locator("#headline .welcome")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=SCHEMES)
def test_answers_can_be_read_by_day_and_by_night(stubbed: Running, visit: Visit, dark: bool) -> None:
    visitor = visit(stubbed.url, dark=dark)
    visitor.ask()
    assert visitor.page.locator("mark.best").evaluate(CONTRAST) > 7


def test_the_pictures_of_the_docs(served: Running, visit: Visit, request: pytest.FixtureRequest) -> None:
    folder: Path | None = request.config.getoption("--screenshots", None)
    if folder is None:
        pytest.skip("pictures are taken with --screenshots docs/images")
    for name, width, height in (("page.png", 1180, 720), ("page-phone.png", 390, 844)):
        visitor = visit(served.url, width=width, height=height, scale=1.5)
        for question, text in EXAMPLES[:3]:
            visitor.ask(question, text)
        visitor.page.mouse.move(0, 0)
        visitor.page.screenshot(path=folder / name, full_page=True, animations="disabled")
