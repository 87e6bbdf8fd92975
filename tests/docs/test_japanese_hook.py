"""Line breaks of Japanese pages."""

import pytest

from docs.japanese_hook import join_lines, on_page_markdown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("文の\n途中", "文の途中"),
        ("- 項目の\n  続き", "- 項目の続き"),
        ("言葉\n(括弧)\nの後", "言葉(括弧)の後"),
        ("読点、\n`code` の後", "読点、`code` の後"),
        ("言葉と\nABC", "言葉と\nABC"),
    ],
)
def test_a_line_break_is_no_space_where_japanese_has_none(written: str, shown: str) -> None:
    assert join_lines(written) == shown


@pytest.mark.parametrize(
    "text", ["段落。\n\n段落", "文。\n- 項目", "文。\n1. 項目", "- 項目。\n- 項目", "文。\n| 表 |"]
)
def test_paragraphs_lists_and_tables_stay(text: str) -> None:
    assert join_lines(text) == text


def test_code_stays() -> None:
    code = "```python\nprint('苺\n苺')\n```"
    assert on_page_markdown(f"文の\n途中\n{code}") == f"文の途中\n{code}"
