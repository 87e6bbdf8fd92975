"""Pasted texts and uploaded files become the texts to search."""

import os
from pathlib import Path

import pytest

from luke_qa_client._ui.documents import Document, read_documents, split_pasted
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
    assert read_documents(file) == (Document("一\r\n---\n😀 ", "店の案内.txt"),)


def test_pages_and_sections_are_documents_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "取扱説明書.pdf").write_bytes(pdf(["一"], [], ["三"]))
    (tmp_path / "案内.md").write_text("# 料金\n千円", "utf-8")
    name = "取扱説明書.pdf"
    assert read_documents(tmp_path / name) == (Document("一", name, 1, True), Document("三", name, 3, True))
    assert read_documents(tmp_path / "案内.md") == (Document("# 料金\n千円", "案内.md, 料金"),)


def test_a_file_is_read_once_while_it_stays_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    file.write_text("一", "utf-8")
    first = read_documents(file)
    with monkeypatch.context() as patch:
        patch.setattr("luke_qa_client._ui.documents.read_file", None)
        assert read_documents(file) == first
    file.write_text("二", "utf-8")
    os.utime(file, ns=(0, 0))
    assert read_documents(file) == (Document("二", "a.txt"),)
