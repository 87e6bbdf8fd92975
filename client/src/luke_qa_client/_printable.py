"""Text as a terminal, or a line of a log, can be given it."""

import re
from typing import Final

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def printable(text: str) -> str:
    """Return text without what a terminal would obey, on one line."""
    return _CONTROL_CHARACTERS.sub(" ", text)
