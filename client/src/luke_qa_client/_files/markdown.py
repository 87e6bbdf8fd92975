"""Markdown: one part for each heading, as it is written."""

import re
from itertools import pairwise
from typing import Final

from markdown_it import MarkdownIt

from .parts import Part

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")  # what Markdown counts as lines


def read_markdown(text: str) -> list[Part]:
    """Return the text before the first heading, and each heading with the text below it."""
    lines = _LINE.findall(text)
    tokens = MarkdownIt().parse(text)
    headings = [
        (token.map[0], inline.content)
        for token, inline in pairwise(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    borders = [(0, ""), *headings, (len(lines), "")]
    parts = [Part("".join(lines[start:end]), heading=heading) for (start, heading), (end, _) in pairwise(borders)]
    return [part for part in parts if part.text.strip()]
