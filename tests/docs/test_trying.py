"""Trying a page fails if the result differs from what the page shows."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import Reader, assert_same, assert_shown, read_blocks


def write(text: str, directory: Path) -> Path:
    page = directory / "page.md"
    page.write_text(text, "utf-8")
    return page


def try_page(text: str, directory: Path) -> None:
    reader = Reader(directory, "http://127.0.0.1:1", {"example.org": "localhost"})
    reader.try_all(read_blocks(write(text, directory)))


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("苺  0.9692  [2:3]", "苺  0.9650  [2:3]"),
        ("within 203 ms", "within 7 ms"),
        ("1.2421e-07", "3.5e-05"),
        ('"request_id": "…"}', '"request_id": "ab"}'),
        ("", "\n"),
    ],
)
def test_what_varies_may_vary(shown: str, printed: str) -> None:
    assert_shown(shown, printed, "here")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("苺  0.9692  [2:3]", "苺  0.9500  [2:3]"),
        ("苺  0.9692  [2:3]", "苺  0.9692  [2:4]"),
        ("苺", ""),
        ("", "苺"),
        ("a …", "a b\nc"),
        ("one.", "one!"),
    ],
)
def test_nothing_else_may(shown: str, printed: str) -> None:
    with pytest.raises(AssertionError, match="here shows"):
        assert_shown(shown, printed, "here")


def test_a_reply_that_is_as_shown_passes() -> None:
    assert_same({"a": 0.5, "b": [1], "c": None, "d": "…"}, {"a": 0.502, "b": [1], "c": None, "d": "x"}, "here")


@pytest.mark.parametrize(
    "replied",
    [
        {"a": 0.502, "b": [2], "c": None},
        {"a": 0.502, "b": [1, 1], "c": None},
        {"a": 0.502, "b": [1]},
        {"a": 0.6, "b": [1], "c": None},
        [],
    ],
)
def test_a_reply_that_is_not_does_not(replied: Any) -> None:
    with pytest.raises(AssertionError, match="here"):
        assert_same({"a": 0.5, "b": [1], "c": None}, replied, "here")


def test_cells_share_their_names_and_show_their_last_value(tmp_path: Path) -> None:
    try_page("```python\na = 1\n```\n\n```python\nprint(a)\na + 1\n```\n\n```text\n1\n2\n```\n", tmp_path)


def test_commands_share_a_directory_and_may_go_on_over_lines(tmp_path: Path) -> None:
    try_page("```console\n$ cat > f <<'END'\n> 苺\n> END\n$ cat f; echo example.org\n苺\nexample.org\n```\n", tmp_path)


@pytest.mark.parametrize(
    "page",
    [
        "```python\n1\n```\n",
        "```python\n1\n```\n\n```text\n2\n```\n",
        "```console\n$ echo 1\n2\n```\n",
        "```console\n$ echo 1\n```\n",
    ],
)
def test_what_a_page_does_not_say_fails_it(page: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:2"):
        try_page(page, tmp_path)


def test_what_is_marked_is_not_run(tmp_path: Path) -> None:
    (block,) = read_blocks(write("<!-- not run: no server here -->\n```sh\nfalse\n```\n", tmp_path))
    assert block.reason == "no server here"
