"""Programs of translated pages."""

import pytest

from docs.translations import with_programs_of

ENGLISH = "One.\n\n```python\n1\n```\n\n```text\n1\n```\n"


def test_programs_are_those_of_the_english_page_and_the_words_stay() -> None:
    old = "一。\n\n<!-- not run: no server here -->\n```python\n0\n```\n\n間。\n\n```text\n\\1\n```\n"
    new = "一。\n\n<!-- not run: no server here -->\n```python\n1\n```\n\n間。\n\n```text\n1\n```\n"
    assert with_programs_of(ENGLISH, old) == new


def test_a_page_with_fewer_programs_is_told() -> None:
    with pytest.raises(ValueError, match="add or remove a block"):
        with_programs_of(ENGLISH, "一。\n\n```python\n1\n```\n")
