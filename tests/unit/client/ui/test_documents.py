"""Pasted texts and uploaded files become the texts to search."""

from pathlib import Path

import pytest

from luke_qa_client._ui.documents import Document, UnreadableError, read_file, split_pasted


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
    assert read_file(file) == Document("一\r\n---\n😀 ", "店の案内.txt")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("苺".encode("utf-8-sig"))
    assert read_file(file).text == "苺"


@pytest.mark.parametrize(
    ("content", "binary"),
    [("苺が好き".encode("shift_jis"), False), ("苺".encode("utf-16"), False), (b"\x89PNG\r\n\x1a\n\0\0", True)],
)
def test_what_is_not_utf8_is_refused_by_its_name(tmp_path: Path, content: bytes, binary: bool) -> None:
    file = tmp_path / "何か"
    file.write_bytes(content)
    with pytest.raises(UnreadableError) as raised:
        read_file(file)
    assert (raised.value.name, raised.value.binary) == ("何か", binary)
