"""Pasted texts and dropped files become the texts to search."""

from pathlib import Path

import pytest

from luke_qa_client import MissingExtraError
from luke_qa_client._ui import documents
from luke_qa_client._ui.documents import Document, DroppedFile, add_files, read_dropped, refused, split_pasted
from luke_qa_client._ui.problems import Trouble
from tests.support.files import pdf


def test_a_pasted_text_is_one_document_without_the_line_ends_around_it() -> None:
    assert split_pasted("\n\n 一行目\n\n二行目\n") == (Document(" 一行目\n\n二行目"),)


@pytest.mark.parametrize("border", ["---", " --- ", "---\n---", "---\n \n---"])
def test_a_line_of_three_hyphens_parts_two_documents(border: str) -> None:
    assert [document.text for document in split_pasted(f"一\n{border}\n二")] == ["一", "二"]


@pytest.mark.parametrize("text", ["一 --- 二", "一\n----\n二", "一\n--- 二"])
def test_hyphens_elsewhere_part_nothing(text: str) -> None:
    assert split_pasted(text) == (Document(text),)


@pytest.mark.parametrize("text", ["", " \n\t", "---", "\n---\n \n---\n"])
def test_of_a_blank_text_nothing_is_left(text: str) -> None:
    assert split_pasted(text) == ()


def test_a_file_is_one_document_of_its_name_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "店の案内.txt"
    file.write_bytes("一\r\n---\n😀 ".encode())
    assert read_dropped(file).documents == (Document("一\r\n---\n😀 ", "店の案内.txt"),)


def test_pages_and_sections_are_documents_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "取扱説明書.pdf").write_bytes(pdf(["一"], [], ["三"]))
    (tmp_path / "案内.md").write_text("# 料金\n千円", "utf-8")
    name = "取扱説明書.pdf"
    assert read_dropped(tmp_path / name).documents == (Document("一", name, 1, True), Document("三", name, 3, True))
    assert read_dropped(tmp_path / "案内.md").documents == (Document("# 料金\n千円", "案内.md, 料金"),)


@pytest.mark.parametrize(
    ("name", "content", "trouble"),
    [
        ("絵.bin", bytes(range(256)), Trouble.UNSUPPORTED),
        ("絵.png", b"\x89PNG\0", Trouble.PICTURES),
        ("空.txt", b"", Trouble.EMPTY_FILE),
        ("壊.pdf", b"%PDF-1.7", Trouble.DAMAGED),
        ("鍵.pdf", pdf(["苺"], password="geheim", owner="o"), Trouble.PROTECTED),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, trouble: Trouble) -> None:
    (tmp_path / name).write_bytes(content)
    assert read_dropped(tmp_path / name) == refused(name, trouble)


def test_a_file_whose_reader_is_not_installed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(path: Path) -> None:
        raise MissingExtraError("pip install luke_qa_client[files]")

    monkeypatch.setattr(documents, "read_file", read)
    assert read_dropped(tmp_path / "a.pdf") == refused("a.pdf", Trouble.NO_READER)
    assert "pip install luke_qa_client[files]" in caplog.text


def dropped(name: str, text: str) -> DroppedFile:
    return DroppedFile(name, (Document(text, name),))


def test_a_file_that_is_dropped_again_replaces_itself_and_the_others_stay() -> None:
    files = add_files((), [dropped("a.txt", "一"), refused("b.pdf", Trouble.DAMAGED), dropped("c.txt", "三")])
    assert [file.name for file in files] == ["a.txt", "b.pdf", "c.txt"]
    files = add_files(files, [dropped("b.pdf", "二")])
    assert files == (dropped("a.txt", "一"), dropped("c.txt", "三"), dropped("b.pdf", "二"))


def test_what_is_too_much_together_is_refused_and_the_rest_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_CHARACTERS", 10)
    files = add_files((), [dropped("a.txt", "一" * 6), dropped("b.txt", "二" * 5), dropped("c.txt", "三" * 4)])
    assert files == (dropped("a.txt", "一" * 6), refused("b.txt", Trouble.LARGE_FILE), dropped("c.txt", "三" * 4))
