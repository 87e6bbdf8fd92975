"""Files on the page of `luke-qa ui`: dropped, listed, searched."""

from pathlib import Path

from playwright.sync_api import Page, expect

from docs.manual import write_manual
from tests.browser.conftest import Running, Visit, drop, dropped
from tests.unit.client.stub import HttpStub

NORTH = dropped("北.txt", "北の店は九時に開きます。".encode())


def drag_in(page: Page, *paths: Path) -> None:
    """Drop files and folders of this machine, as from its file manager."""
    zone = page.locator("#files button").bounding_box()
    assert zone is not None
    place = {"x": zone["x"] + zone["width"] / 2, "y": zone["y"] + zone["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for type in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": type, **place, "data": data})


def test_files_are_texts_of_their_name_in_which_nothing_is_markup(served: Running, visit: Visit) -> None:
    visitor = visit(served.url)
    south = "南の店は\r\n十時に開きます。<b>安い</b> ${1 + 1} {{value}} `x` &amp; <img src=x onerror=alert(1)> 😀"
    drop(visitor.page, NORTH, dropped("南.md", south.encode()))
    expect(visitor.page.locator("#text textarea")).to_have_value("")  # the example is gone
    visitor.ask("南の店は何時に開きますか")
    folds = visitor.page.locator("#details details:not(.variants)")
    assert [name.split()[0] for name in folds.locator("summary").all_inner_texts()] == ["北.txt", "南.md"]
    text = folds.nth(1).locator(".text")
    assert text.locator("mark.best").inner_text() == "十時"
    assert text.evaluate("text => text.textContent") == south.replace("\r\n", "\n")


def test_a_question_finds_its_page_of_a_manual(served: Running, visit: Visit, tmp_path: Path) -> None:
    write_manual(tmp_path / "取扱説明書.pdf")
    visitor = visit(served.url)
    drop(visitor.page, dropped("取扱説明書.pdf", (tmp_path / "取扱説明書.pdf").read_bytes()))
    expect(visitor.page.locator("#dropped li")).to_contain_text("60 ページ")
    visitor.ask("羽根の価格はいくらですか")
    shown = visitor.page.locator("#details details[open]").first
    assert shown.locator("summary").first.inner_text().startswith("取扱説明書.pdf 49 ページ")
    assert shown.locator("mark.best").inner_text().replace("\n", "") == "九百円"
    assert "別売りの品" in shown.locator(".text").inner_text()


def test_a_bad_file_is_told_at_the_drop_and_does_not_stop_the_others(
    stubbed: Running, visit: Visit, stub: HttpStub
) -> None:
    visitor = visit(stubbed.url)
    drop(visitor.page, dropped("何か.dat", bytes(range(256))), NORTH, dropped("絵.png", b"\x89PNG\0"))
    bad = visitor.page.locator("#dropped li.bad")
    expect(bad).to_have_count(2)
    assert "「何か.dat」は読み取れない形式です" in bad.nth(0).inner_text()
    assert "「絵.png」は画像だけで、文字データがありません" in bad.nth(1).inner_text()
    visitor.ask("何時に開きますか")
    (asked,) = [received.body for received in stub.received if received.body is not None]
    assert asked["context"] == ["北の店は九時に開きます。"]


def test_files_are_added_one_after_the_other_and_taken_away(stubbed: Running, visit: Visit) -> None:
    page = visit(stubbed.url).page
    drop(page, NORTH)
    drop(page, dropped("南.txt", "南の店".encode()))
    expect(page.locator("#dropped li")).to_have_text(["北.txt ×", "南.txt ×"])
    page.get_by_role("button", name="「北.txt」を外す").click()
    expect(page.locator("#dropped li")).to_have_text(["南.txt ×"])


def test_a_dropped_folder_gives_its_files(stubbed: Running, visit: Visit, tmp_path: Path) -> None:
    folder = tmp_path / "店"
    (folder / "支店").mkdir(parents=True)
    (folder / "北.txt").write_text("北の店", "utf-8")
    (folder / "支店" / "南.txt").write_text("南の店", "utf-8")
    (folder / ".DS_Store").write_bytes(b"\0")
    page = visit(stubbed.url).page
    drag_in(page, folder)
    expect(page.locator("#dropped li")).to_have_count(2)
    assert sorted(page.locator("#dropped li").all_inner_texts()) == ["北.txt\n×", "南.txt\n×"]


def test_what_cannot_be_read_in_a_dropped_folder_does_not_stop_the_others(
    stubbed: Running, visit: Visit, tmp_path: Path
) -> None:
    folder = tmp_path / "店"
    folder.mkdir()
    for name in ("北.txt", "東.txt", "南.txt"):
        (folder / name).write_text("店", "utf-8")
    page = visit(stubbed.url).page
    page.evaluate("""() => {
        const entryOf = DataTransferItem.prototype.webkitGetAsEntry;
        const harm = entries => entries.forEach(entry => {
            if (entry.name === "東.txt") entry.file = (done, failed) => failed(new Error("gone"));
        });
        DataTransferItem.prototype.webkitGetAsEntry = function () {
            const folder = entryOf.call(this);
            const reader = folder.createReader();
            const readEntries = (done, failed) =>
                reader.readEntries(entries => { harm(entries); done(entries); }, failed);
            folder.createReader = () => ({ readEntries });
            return folder;
        };
    }""")
    drag_in(page, folder)
    expect(page.locator("#dropped li")).to_have_count(2)
    assert sorted(page.locator("#dropped li").all_inner_texts()) == ["北.txt\n×", "南.txt\n×"]


def test_a_file_that_is_too_large_is_told_and_does_not_stop_the_others(stubbed: Running, visit: Visit) -> None:
    page = visit(stubbed.url).page
    page.evaluate("""() => {
        const large = new File([new Uint8Array(65 * 2 ** 20)], "大.txt");
        const small = new File(["小さい"], "小.txt");
        const given = new DataTransfer();
        for (const file of [large, small]) given.items.add(file);
        const input = document.querySelector("#files input[type=file]");
        input.files = given.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    }""")
    expect(page.locator("#dropped li")).to_have_count(2)
    expect(page.locator("#dropped li.bad")).to_contain_text("「大.txt」は大きすぎます")
