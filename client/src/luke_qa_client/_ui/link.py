"""A link to a question and its text, in the part of an address that a browser does not send: after ``#``."""

from typing import Final
from urllib.parse import parse_qs, quote, urlencode

LONGEST: Final = 16_000  # characters of a fragment; programs that pass links on cut longer ones

_QUESTION: Final = "question"
_TEXT: Final = "text"


def to_fragment(question: str, text: str) -> str | None:
    """Return the fragment of a link, such as ``#question=…&text=…``; None if it would be too long."""
    fragment = "#" + urlencode({_QUESTION: question, _TEXT: text}, quote_via=quote, errors="replace")
    return fragment if len(fragment) <= LONGEST else None


def from_fragment(fragment: str) -> tuple[str, str] | None:
    """Return the question and the text of a link; None if it is none of ours, or too long."""
    if not fragment.startswith("#") or len(fragment) > LONGEST:
        return None
    try:
        fields = parse_qs(fragment[1:], keep_blank_values=True, max_num_fields=8)
    except ValueError:
        return None
    if not fields.keys() & {_QUESTION, _TEXT}:
        return None
    return "".join(fields.get(_QUESTION, [])[:1]), "".join(fields.get(_TEXT, [])[:1])
