"""Word files (.docx) with python-docx: one part for each heading."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from .parts import Part, Reason, UnreadableFileError

_HEADING: Final = re.compile(r"(?:heading|title|見出し|表題)\s*[1-9]?$", re.IGNORECASE)
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NOT_TEXT: Final = frozenset({*(f"{_WORD}{name}" for name in ("rt", "del", "moveFrom", "pPr", "rPr")), _FALLBACK})


def read_word(content: bytes) -> list[Part]:
    """Return the text before the first heading, and each heading with the text below it.

    Readings (ruby) and text that was deleted or moved away are left out. A row of a table is one line, its cells
    separated by tabs.

    Raises:
        UnreadableFileError: it is damaged.
    """
    import docx

    try:
        document = docx.Document(BytesIO(content))
        blocks = list(_blocks(document))
    except Exception as error:  # python-docx lets whatever a damaged file causes pass
        raise UnreadableFileError(Reason.DAMAGED, "it is damaged: Word's file cannot be read.") from error
    sections: list[tuple[str, list[str]]] = [("", [])]
    for is_heading, text in blocks:
        if is_heading and text.strip():
            sections.append((text.strip(), []))
        sections[-1][1].append(text)
    parts = [Part("\n".join(lines).strip("\n"), heading=heading) for heading, lines in sections]
    return [part for part in parts if part.text.strip()]


def _blocks(document: Any) -> Iterator[tuple[bool, str]]:
    """Yield the paragraphs and rows in order, and whether each is a heading."""
    from docx.text.paragraph import Paragraph

    for block in _nearest(document.element.body, "p", "tbl"):
        if block.tag == f"{_WORD}tbl":
            for row in _nearest(block, "tr"):
                yield False, "\t".join(_text(cell).replace("\n", " ").strip() for cell in _nearest(row, "tc"))
        else:
            style = Paragraph(block, document).style
            name = style.name if style is not None else ""
            yield bool(_HEADING.match(name or "")), _text(block)


def _nearest(element: Any, *names: str) -> Iterator[Any]:
    """Yield the nearest elements with these names in order, also those inside content controls or insertions."""
    tags = [f"{_WORD}{name}" for name in names]
    for child in element:
        if child.tag in tags:
            yield child
        elif child.tag not in _NOT_TEXT:
            yield from _nearest(child, *names)


def _text(element: Any) -> str:
    """Return the text of an XML element, without what Word does not show as running text."""
    pieces: list[str] = []
    _collect(element, pieces)
    return "".join(pieces)


def _collect(element: Any, pieces: list[str]) -> None:
    for child in element:
        tag = child.tag
        if tag == f"{_WORD}t":
            pieces.append(child.text or "")
        elif tag == f"{_WORD}tab":
            pieces.append("\t")
        elif tag in (f"{_WORD}br", f"{_WORD}cr"):
            pieces.append("\n")
        elif tag not in _NOT_TEXT:
            if tag == f"{_WORD}p" and pieces:
                pieces.append("\n")
            _collect(child, pieces)
