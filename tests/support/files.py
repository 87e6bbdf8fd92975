"""Files as people have them, made with the libraries that make such files."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

# One of the fonts that every PDF reader brings along, so that none needs to be embedded.
FONT: Final = "HeiseiMin-W3"
SENTENCES: Final = (
    "この装置は水平な場所に設置してください。電源を入れる前に、取扱説明書をよく読んで、正しくお使いください。"
    "定格電圧は交流百ボルトです。保証期間はお買い上げの日から二年間です。"
)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text on a page that is so many characters wide."""
    return [text[start : start + width] for start in range(0, len(text), width)]


class Pdf:
    """A PDF that is drawn page by page."""

    def __init__(self, *, vertical: bool = False, password: str | None = None, owner: str | None = None) -> None:
        self._file = BytesIO()
        locked = None if owner is None else StandardEncryption(password or "", ownerPassword=owner, canCopy=0)
        self._canvas = Canvas(self._file, pagesize=A4, encrypt=locked)
        pdfmetrics.registerFont(UnicodeCIDFont(FONT, isVertical=vertical))
        self._canvas.setFont(FONT, 11)

    def text(self, x: float, y: float, text: str, size: float = 11) -> None:
        self._canvas.setFont(FONT, size)
        self._canvas.drawString(x, y, text)

    def lines(self, lines: Sequence[str], x: float = 72, top: float = 760) -> None:
        for number, line in enumerate(lines):
            self.text(x, top - 18 * number, line)

    def picture(self) -> None:
        self._canvas.drawImage(ImageReader(Image.new("L", (50, 50), 128)), 72, 600)

    def end_page(self) -> None:
        self._canvas.showPage()

    def content(self) -> bytes:
        self._canvas.save()
        return self._file.getvalue()


def pdf(*pages: Sequence[str], **options: Any) -> bytes:
    """A PDF of these pages, each of these lines."""
    made = Pdf(**options)
    for lines in pages:
        made.lines(lines)
        made.end_page()
    return made.content()


def word(
    *paragraphs: tuple[str, str], table: Sequence[Sequence[str]] = (), ruby: tuple[str, str] | None = None
) -> bytes:
    """A Word file of (style, text), then a table and a paragraph with a reading, where given."""
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style)
    if table:
        made = document.add_table(len(table), len(table[0]))
        for row, cells in zip(made.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    if ruby:
        base, reading = ruby
        runs = f"<w:rt><w:r><w:t>{reading}</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>{base}</w:t></w:r></w:rubyBase>"
        paragraph = document.add_paragraph()
        paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}><w:ruby>{runs}</w:ruby></w:r>"))
        paragraph.add_run("は早川さんが設計した。")
    file = BytesIO()
    document.save(file)
    return file.getvalue()
