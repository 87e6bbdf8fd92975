"""What a Japanese page has from the English one: its programs, with their comments, and its generated tables."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_CELLS: Final = Path(__file__).with_name("cells.ja.toml")  # English cell or comment -> Japanese

_PROGRAM: Final = re.compile(r"^(?:<!-- not run: [^\n]+ -->\n)?^```\w[^\n]*\n.*?^```$", re.DOTALL | re.MULTILINE)


# What configuration says of itself stays as it is in the file.
_COMMENTED: Final = re.compile(r"^```(?:sh|python)\n.*?^```$", re.DOTALL | re.MULTILINE)
_COMMENT: Final = re.compile(r"(?<=  # ).+$", re.MULTILINE)


def with_programs_of(english: str, translated: str, cells: Mapping[str, str]) -> str:
    """Return the translated page with the fenced blocks of the English one, in their order, comments translated.

    Raises:
        ValueError: the pages have different numbers of blocks.
    """
    blocks = iter(_PROGRAM.findall(translate_comments(english, cells)))
    if len(_PROGRAM.findall(english)) != len(_PROGRAM.findall(translated)):
        raise ValueError("The translated page has other programs than the English one: add or remove a block.")
    return _PROGRAM.sub(lambda _: next(blocks), translated)


def comments(page: str) -> list[str]:
    """Return what stands behind the lines of the programs of a page."""
    return [comment for block in _COMMENTED.findall(page) for comment in _COMMENT.findall(block)]


def translate_comments(page: str, cells: Mapping[str, str]) -> str:
    """Return a page with the comments of its programs in Japanese. One that is not in ``cells`` stays as it is."""
    return _COMMENTED.sub(lambda block: _COMMENT.sub(lambda said: cells.get(said[0], said[0]), block[0]), page)


def read_cells() -> dict[str, str]:
    """Return the Japanese of the cells of generated tables and of the comments of programs, by their English."""
    return tomllib.loads(_CELLS.read_text("utf-8"))


def translate_table(table: str, cells: Mapping[str, str]) -> str:
    """Return a table with its cells in Japanese. One that is not in ``cells`` stays as it is."""
    return "\n".join(_translate_row(line, cells) if line.startswith("| ") else line for line in table.splitlines())


def _translate_row(row: str, cells: Mapping[str, str]) -> str:
    english = row.removeprefix("| ").removesuffix(" |").split(" | ")
    return f"| {' | '.join(cells.get(cell, cell) for cell in english)} |"
