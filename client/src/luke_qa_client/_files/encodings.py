"""Text in the encodings of Japanese files, detected with charset-normalizer."""

import codecs
from dataclasses import dataclass
from typing import Final

from .parts import Reason, UnreadableFileError

# The names of Python's codecs, with those that people know.
NAMES: Final = {
    "utf_8": "UTF-8",
    "utf_16": "UTF-16",
    "utf_16_le": "UTF-16",
    "utf_16_be": "UTF-16",
    "cp932": "Shift_JIS (CP932)",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
}
_WITH_NUL: Final = ("utf_16_le", "utf_16_be")  # without a byte order mark, told by the zeros of their ASCII
_WITHOUT_NUL: Final = ("cp932", "euc_jp")
_SAMPLE: Final = 2**18  # bytes from which an encoding is guessed
_ESCAPES: Final = (b"\x1b$", b"\x1b(")  # of ISO-2022-JP, whose bytes are otherwise ASCII


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and the name of its encoding, None for UTF-8."""

    text: str
    encoding: str | None = None


def decode(content: bytes) -> Decoded:
    """Return the text of a file without its byte order mark.

    Raises:
        UnreadableFileError: it is not text in an encoding of Japanese.
    """
    codec = detect(content)
    try:
        text = content.decode(codec)
    except UnicodeError as error:
        name = NAMES.get(codec, codec)
        raise UnreadableFileError(
            Reason.DAMAGED, f"its text is damaged: it looks like {name}, but not all of it is ({error})."
        ) from error
    if "\0" in text:
        raise UnreadableFileError(Reason.UNSUPPORTED, "it is not a text: choose a text, PDF, Word or HTML file.")
    return Decoded(text.removeprefix("\ufeff"), None if codec == "utf_8" else NAMES.get(codec, codec))


def detect(content: bytes) -> str:
    """Return Python's name of the encoding of a text, of which this may be only the beginning.

    Raises:
        UnreadableFileError: it is none of those that Japanese is written in.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf_16"
    if any(escape in content for escape in _ESCAPES) and _is(content, "iso2022_jp"):
        return "iso2022_jp"
    if b"\0" not in content and _is(content, "utf-8"):
        return "utf_8"
    from charset_normalizer import from_bytes  # imported here: most texts are UTF-8

    candidates = _WITH_NUL if b"\0" in content else _WITHOUT_NUL
    guess = from_bytes(_sample(content), cp_isolation=list(candidates)).best()
    if guess is None:
        raise UnreadableFileError(
            Reason.UNSUPPORTED, "it is not a text in UTF-8, UTF-16, Shift_JIS, EUC-JP or ISO-2022-JP."
        )
    return guess.encoding


def _is(content: bytes, codec: str) -> bool:
    try:
        codecs.getincrementaldecoder(codec)().decode(content)  # a character cut off at the end is no fault
    except UnicodeError:  # of ISO-2022-JP, some damage is another error than UnicodeDecodeError
        return False
    return True


def _sample(content: bytes) -> bytes:
    """Return the beginning of a long content, whole lines of it: half a character would look like an error."""
    if len(content) <= _SAMPLE:
        return content
    return content[: content.rfind(b"\n", 0, _SAMPLE) + 1] or content[:_SAMPLE]
