"""What a translated page has from the English one."""

import pytest

from docs.translations import comments, translate_comments, translate_table, with_programs_of

ENGLISH = "One.\n\n<!-- not run: no server here -->\n```python\n1\n```\n\n```text\n1\n```\n"
TABLE = "| status | meaning |\n|---|---|\n| 400 | `a` is missing |\n| 500 | `b` |\n| 504 |  |"


@pytest.mark.parametrize("comment", ["", "<!-- not run: something else -->\n"])
def test_programs_are_those_of_the_english_page_and_the_words_stay(comment: str) -> None:
    old = f"一。\n\n{comment}```python\n```\n\n間。\n\n```text\n\\1\n```\n"
    new = "一。\n\n<!-- not run: no server here -->\n```python\n1\n```\n\n間。\n\n```text\n1\n```\n"
    assert with_programs_of(ENGLISH, old, {}) == new


def test_a_page_with_fewer_programs_is_told() -> None:
    with pytest.raises(ValueError, match="add or remove a block"):
        with_programs_of(ENGLISH, "一。\n\n```python\n1\n```\n", {})


def test_the_comments_of_programs_are_translated_and_nothing_else_is() -> None:
    page = "a  # b\n```sh\na  # b\nb  # c\n# b\n```\n```yaml\na: 1  # b\n```\n"
    assert comments(page) == ["b", "c"]
    assert translate_comments(page, {"b": "乙"}) == page.replace("```sh\na  # b", "```sh\na  # 乙")


def test_the_cells_of_a_table_are_translated_and_what_is_unknown_stays() -> None:
    cells = {"status": "ステータス", "`a` is missing": "`a` がない"}
    translated = "| ステータス | meaning |\n|---|---|\n| 400 | `a` がない |\n| 500 | `b` |\n| 504 |  |"
    assert translate_table(TABLE, cells) == translated
