"""Write the example manual, a PDF of 60 pages: ``python -m docs.manual manual.pdf``.

The text is our own (``manual.txt``). The font is one that every PDF reader brings along, so none is embedded.
"""

import sys
from pathlib import Path
from typing import Final

from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

_FONT: Final = "HeiseiMin-W3"
_WIDTH: Final = 25  # characters of a line
_NEVER_FIRST: Final = (
    "、。」』）ーっゃゅょッャュョぁぃぅぇぉァィゥェォ"  # in a line, by the rules of Japanese typesetting
)
_LEFT, _TOP, _LEADING = 60, 500, 20  # points


def pages() -> list[tuple[str, str]]:
    """Return the heading and the text of every page."""
    texts = Path(__file__).with_suffix(".txt").read_text("utf-8").split("---\n")
    return [(heading, body) for heading, body in (text.strip().split("\n", 1) for text in texts)]


def write_manual(path: Path) -> None:
    """Write the manual to ``path``, the same bytes every time."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    canvas = Canvas(str(path), pagesize=A5, invariant=1)
    canvas.setTitle("家庭用製パン機 こむぎ KM-60 取扱説明書")
    for heading, body in pages():
        canvas.setFont(_FONT, 16)
        canvas.drawString(_LEFT, _TOP, heading)
        canvas.setFont(_FONT, 11)
        for number, line in enumerate(_lines(body), 2):
            canvas.drawString(_LEFT, _TOP - _LEADING * number, line)
        canvas.showPage()
    canvas.save()


def _lines(text: str) -> list[str]:
    lines = [""]
    for character in text:
        if len(lines[-1]) >= _WIDTH and character not in _NEVER_FIRST:
            lines.append("")
        lines[-1] += character
    return lines


if __name__ == "__main__":
    write_manual(Path(sys.argv[1]))
