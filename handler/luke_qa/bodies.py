"""From the bytes of a body to JSON: gzip within a limit, a byte order mark, and a name for a wrong encoding."""

import codecs
import json
import zlib
from typing import Any, Final

from luke_qa.errors import InvalidJson, TooLarge

_GZIP: Final = b"\x1f\x8b"
_GZIP_FORMAT: Final = 31  # what zlib calls a window of 15 bits in a gzip file
_ESCAPES: Final = (b"\x1b$", b"\x1b(")  # of ISO-2022-JP, whose bytes are otherwise ASCII
_JAPANESE: Final = {"Shift_JIS (CP932)": "cp932", "EUC-JP": "euc_jp"}


def parse_json(body: str | bytes | bytearray, max_inflated_bytes: int) -> Any:
    """Return what a JSON body contains; it may be gzipped, and may begin with a byte order mark.

    Raises:
        InvalidJson: it is not JSON in UTF-8.
        TooLarge: it is gzipped and larger than ``max_inflated_bytes``. No more than that is inflated.
    """
    if isinstance(body, str):
        return _parse(body)
    if body.startswith(_GZIP):
        body = _inflate(body, max_inflated_bytes)
    return _parse(decode(body, "The body"))


def decode(content: bytes | bytearray, name: str) -> str:
    """Return text in UTF-8.

    Raises:
        InvalidJson: it is not UTF-8; the message names the likely encoding.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    encoding = _unicode_encoding(content) or (_japanese_encoding(content) if text is None else _escaped(content))
    if text is None or encoding:
        likely = f"it looks like {encoding}. Send it as UTF-8" if encoding else "send it as UTF-8"
        raise InvalidJson(f"{name} is not UTF-8: {likely}.")
    return text


def _inflate(body: bytes | bytearray, limit: int) -> bytes:
    member = zlib.decompressobj(_GZIP_FORMAT)
    try:
        content = member.decompress(body, limit + 1)
    except zlib.error as error:
        raise InvalidJson(f"The body is damaged: it begins like gzip, but cannot be inflated ({error}).") from None
    if len(content) > limit:
        raise TooLarge(f"The body exceeds {limit} bytes when inflated: send less text in one request.")
    if not member.eof or member.unused_data:
        raise InvalidJson("The gzip of the body must be one whole member: it is cut off, or something follows it.")
    return content


def _parse(text: str) -> Any:
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise InvalidJson(f"The body is not valid JSON ({error}).") from None
    except (ValueError, RecursionError):
        raise InvalidJson("The JSON in the body is nested too deeply, or contains a number that is too long.") from None


def _unicode_encoding(content: bytes | bytearray) -> str | None:
    """Return UTF-16 or UTF-32 if there is their byte order mark, or the zero bytes that they write for a brace."""
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) or b"\0\0\0" in content[:4]:
        return "UTF-32"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:2]:
        return "UTF-16"
    return None


def _japanese_encoding(content: bytes | bytearray) -> str | None:
    """Return the encoding in which the content has the most kana, if any."""
    kana = {name: _count_kana(content, encoding) for name, encoding in _JAPANESE.items()}
    likely = max(kana, key=kana.__getitem__)
    return likely if kana[likely] else None


def _count_kana(content: bytes | bytearray, encoding: str) -> int:
    return sum("\u3041" <= character <= "\u30fe" for character in content.decode(encoding, "ignore"))


def _escaped(content: bytes | bytearray) -> str | None:
    return "ISO-2022-JP" if any(escape in content for escape in _ESCAPES) else None
