"""What a Japanese page has from the English one: its programs, and its generated tables, cell by cell."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_CELLS: Final = Path(__file__).with_name("cells.ja.toml")  # English cell -> Japanese cell

_PROGRAM: Final = re.compile(r"^(?:<!-- not run: [^\n]+ -->\n)?^```\w[^\n]*\n.*?^```$", re.DOTALL | re.MULTILINE)


def with_programs_of(english: str, translated: str) -> str:
    """Return the translated page with the fenced blocks of the English one, in their order.

    Raises:
        ValueError: the pages have different numbers of blocks.
    """
    blocks = iter(_PROGRAM.findall(english))
    if len(_PROGRAM.findall(english)) != len(_PROGRAM.findall(translated)):
        raise ValueError("The translated page has other programs than the English one: add or remove a block.")
    return _PROGRAM.sub(lambda _: next(blocks), translated)


def read_cells() -> dict[str, str]:
    """Return the Japanese of the cells of generated tables, by their English."""
    return tomllib.loads(_CELLS.read_text("utf-8"))


def translate_table(table: str, cells: Mapping[str, str]) -> str:
    """Return a table with its cells in Japanese. One that is not in ``cells`` stays as it is."""
    return "\n".join(_translate_row(line, cells) if line.startswith("| ") else line for line in table.splitlines())


def _translate_row(row: str, cells: Mapping[str, str]) -> str:
    english = row.removeprefix("| ").removesuffix(" |").split(" | ")
    return f"| {' | '.join(cells.get(cell, cell) for cell in english)} |"
