"""HTML with lxml: the text that a browser shows, one part for each heading."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any, Final

from .encodings import decode
from .parts import Part, Reason, UnreadableFileError

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN: Final = frozenset(
    {"script", "style", "template", "noscript", "head", "rt", "rp", "svg", "math", "select", "textarea", "iframe"}
)
_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog", "div", "dl", "dt"}
    | {"fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "nav", "ol", "p"}
    | {"pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"}
    | _HEADINGS
)
_CELLS: Final = frozenset({"td", "th"})
_LINE, _CELL, _HEADING = "\n", "\t", "\f"  # what separates blocks, cells and parts until the text is put together
_SPACES: Final = re.compile(r"[ \t\n\r\f]+")
_CHARSET: Final = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_CODECS: Final = {"shift_jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "windows-31j": "cp932", "utf-16": "utf-8"}
_DECLARATION: Final = 4096  # bytes in which a declaration is looked for


def read_html(content: bytes) -> list[Part]:
    """Return the text before the first heading, and each heading with the text below it. Readings (ruby) are left out.

    Raises:
        UnreadableFileError: it cannot be parsed.
    """
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        root = html.document_fromstring(_decoded(content).encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableFileError(Reason.DAMAGED, "it has no text that can be read as HTML.") from error
    first, *others = map(_shown, "".join(_pieces(root)).split(_HEADING))
    parts = [Part(first), *(Part(text, heading=text.partition("\n")[0]) for text in others)]
    return [part for part in parts if part.text]


def _decoded(content: bytes) -> str:
    """Return the text in the encoding that the file declares, otherwise in the one that it seems to have."""
    declared = None if content.startswith(BOM_UTF8) else _CHARSET.search(content[:_DECLARATION])
    try:
        codec = _CODECS.get(name := declared[1].decode().lower(), name) if declared else ""
        return content.decode(codec, "replace") if codec else decode(content).text
    except LookupError:  # no such encoding
        return decode(content).text


def _shown(section: str) -> str:
    lines = (line.strip(" ").rstrip() for line in section.split(_LINE))
    return "\n".join(line for line in lines if line.strip())


def _pieces(root: Any) -> Iterator[str]:
    """Yield the text of the elements with the separators between them."""
    from lxml import etree

    hidden = preserved = 0  # how many such elements are open
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            hidden += name in _HIDDEN
            preserved += name == "pre"
            if not hidden:
                yield _before(name)
                yield _plain(element.text, preserved)
            continue
        if event == "end":
            if not hidden:
                yield _after(name)
            hidden -= name in _HIDDEN
            preserved -= name == "pre"
        if not hidden:
            yield _plain(element.tail, preserved)


def _before(name: str) -> str:
    if name in _HEADINGS:
        return _HEADING
    return _LINE if name in _BLOCKS or name == "br" else ""


def _after(name: str) -> str:
    return _LINE if name in _BLOCKS else _CELL if name in _CELLS else ""


def _plain(text: str | None, preserved: int) -> str:
    """Return text with its blanks as a browser shows them: one space, or as they are in ``pre``."""
    if not text:
        return ""
    return text.replace(_HEADING, " ") if preserved else _SPACES.sub(" ", text)
