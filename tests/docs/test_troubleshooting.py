"""The troubleshooting page quotes messages as they are printed: each is found in the sources."""

import ast
import re
from collections.abc import Iterator

import pytest

from ops.layout import ROOT
from tests.support.documents import read_tables

PAGE = ROOT / "docs" / "troubleshooting.md"
SOURCES = ("client/src", "ops", "deploy", "handler")
OF_OTHERS = {"TypeError: Failed to fetch", "luke-qa: command not found"}  # a browser, a shell
ANYTHING = "\0"  # a value that is put into a message


def quoted() -> list[str]:
    """What the first columns of the tables quote, without what others print."""
    cells = [row["what you see"] for table in read_tables(PAGE) for row in table]
    return [quote for cell in cells for quote in re.findall(r"`([^`]+)`", cell) if quote not in OF_OTHERS]


def messages() -> Iterator[str]:
    """Every text in the sources, with ``ANYTHING`` where a value is put into it."""
    for source in SOURCES:
        for file in (ROOT / source).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.JoinedStr):
                    parts = (part.value if isinstance(part, ast.Constant) else ANYTHING for part in node.values)
                    yield "".join(map(str, parts))


MESSAGES = [*messages(), (ROOT / "Makefile").read_text("utf-8")]


def is_printed(quote: str, message: str) -> bool:
    """Whether a message contains the quote, or is within it with values put in."""
    texts = [text.strip() for text in re.sub(r"%[\d.]*[dfs]", ANYTHING, message).strip(ANYTHING).split(ANYTHING)]
    says_enough = len(max(texts, key=len)) >= 10
    return quote in message or (says_enough and bool(re.search(".+".join(map(re.escape, texts)), quote)))


@pytest.mark.parametrize("quote", quoted())
def test_a_quoted_message_is_printed_somewhere(quote: str) -> None:
    assert any(is_printed(quote, message) for message in MESSAGES)


def test_a_message_that_nothing_prints_is_noticed() -> None:
    assert len(quoted()) >= 10
    assert not any(is_printed("The server has lost its way.", message) for message in MESSAGES)
