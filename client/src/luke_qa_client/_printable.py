"""Text made safe for a terminal or a line of a log."""

import re
from typing import Final

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def printable(text: str) -> str:
    """Return the text on one line, without control characters."""
    return _CONTROL_CHARACTERS.sub(" ", text)
