"""A hook of MkDocs: a line break within a Japanese paragraph is no space, as words have none between them."""

import re
from typing import Any, Final

_FENCED: Final = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
_JAPANESE: Final = r"[\u3001-\u30ff\u4e00-\u9fff\uff00-\uffef]"
_BREAK: Final = re.compile(  # a list's lines are indented
    rf"(?<={_JAPANESE})\n *(?={_JAPANESE}|\(|\[{_JAPANESE})|(?<=\))\n *(?={_JAPANESE})|(?<=[、。])\n *(?=[A-Za-z`\[])"
)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the page with its Japanese lines joined, except in code."""
    return "".join(part if part.startswith("```") else join_lines(part) for part in _FENCED.split(markdown))


def join_lines(text: str) -> str:
    """Join lines where Japanese has no space: between its characters, at brackets, and behind 、 and 。."""
    return _BREAK.sub("", text)
