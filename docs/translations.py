"""The programs of a translated page are those of the English one: they are copied, not written twice."""

import re
from typing import Final

_PROGRAM: Final = re.compile(r"^```\w[^\n]*\n.*?^```$", re.DOTALL | re.MULTILINE)


def with_programs_of(english: str, translated: str) -> str:
    """Return the translated page with the fenced blocks of the English one, in their order.

    Raises:
        ValueError: the pages have different numbers of blocks.
    """
    blocks = iter(_PROGRAM.findall(english))
    if len(_PROGRAM.findall(english)) != len(_PROGRAM.findall(translated)):
        raise ValueError("The translated page has other programs than the English one: add or remove a block.")
    return _PROGRAM.sub(lambda _: next(blocks), translated)
