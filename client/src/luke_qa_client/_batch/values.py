"""Values converted between the types of the formats."""

import json
from collections.abc import Mapping
from typing import Any, Final

# JSON allows them in a string, but many programs take them for the end of a line.
_LINE_ENDS: Final = {0x2028: "\\u2028", 0x2029: "\\u2029", 0x85: "\\u0085"}


def plain(value: Any) -> Any:
    """Return an Arrow value as a Python value; any other value as it is."""
    if not hasattr(value, "as_py"):
        return value
    from .arrow_types import in_microseconds, without_times

    try:
        wanted = in_microseconds(value.type)
        return (value if wanted == value.type else value.cast(wanted)).as_py()
    except (ValueError, OverflowError):  # nanoseconds or years that Python's dates do not cover
        return value.cast(without_times(value.type)).as_py()


def as_text(value: Any) -> str | None:
    """Return a value as the text of a table's cell: text as it is, anything else as JSON, None for no value."""
    value = plain(value)
    if value is None:
        return None
    text = value if isinstance(value, str) else _json(value)
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate cannot be encoded in UTF-8


def json_line(values: Mapping[str, Any]) -> bytes:
    """Return an object as a line of JSON Lines."""
    text = _json(values).translate(_LINE_ENDS)
    return text.encode("utf-8", "backslashreplace") + b"\n"  # JSON escapes a lone surrogate in the same way


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_jsonable)


def _jsonable(value: Any) -> Any:
    found = plain(value)
    return found if found is not value else str(value)
