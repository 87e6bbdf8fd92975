"""Layout: the forms in which people write the same list or table.

A frame has one form of each: items begin with `・`, cells are parted by ` | `. A style turns it into another form.
"""

import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from training.examples.everyday.edits import Edit

_CELL = " | "
_ITEM = re.compile(r"^・", re.MULTILINE)
_ITEMS = ("・", "・", "・", "- ", "* ", "●", "■", "◆ ", "○", "◇", "・ ")
_SEPARATORS = (_CELL, _CELL, "|", "｜", " ｜ ", "\t", "  ", "　", " / ")
_LINE_ENDS = ("\n", "\n", "\n", "\n", "\n\n")
_ALIGNED = 0.25
_MARKDOWN = 0.15


@dataclass(frozen=True, slots=True)
class Style:
    """How items begin, how cells are parted and lines end; ``aligned`` and ``markdown`` tables override the latter."""

    item: str
    separator: str
    line_end: str
    aligned: bool
    markdown: bool


def draw_style(rng: random.Random) -> Style:
    """Draw a style for the lists and tables of one text."""
    form = rng.random()
    return Style(
        rng.choice(_ITEMS),
        rng.choice(_SEPARATORS),
        rng.choice(_LINE_ENDS),
        form < _ALIGNED,
        _ALIGNED <= form < _ALIGNED + _MARKDOWN,
    )


def restyle(text: str, style: Style) -> list[Edit]:
    """Return the edits that give the lists and tables of ``text`` a style."""
    if _CELL in text:
        edits = [(m.start(), m.end(), style.item) for m in _ITEM.finditer(text)] + list(_tables(text, style))
        return sorted(edits, key=lambda edit: edit[:2])
    marks = re.finditer(r"\n|^・", text, re.MULTILINE)
    return [(m.start(), m.end(), style.line_end if m[0] == "\n" else style.item) for m in marks]


def _tables(text: str, style: Style) -> Iterator[Edit]:
    """Edits of all cell borders. Neighbouring lines with equally many cells are one table."""
    at = 0
    for count, group in groupby(text.split("\n"), lambda line: line.count(_CELL)):
        rows = [line.split(_CELL) for line in group]
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        for number, row in enumerate(rows):
            begin = at
            for cell, width in zip(row[:-1], widths, strict=False):
                at += len(cell)
                border = " " * (width - _width(cell) + 2) if style.aligned else style.separator
                yield at, at + len(_CELL), _CELL if style.markdown else border
                at += len(_CELL)
            at += len(row[-1])
            if count and style.markdown:
                yield begin, begin, "| "
                yield at, at, " |" + ("\n|" + "---|" * (count + 1) if number == 0 and len(rows) > 1 else "")
            at += 1


def _width(cell: str) -> int:
    """The columns a cell fills on a terminal: two for a wide character."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in cell)
