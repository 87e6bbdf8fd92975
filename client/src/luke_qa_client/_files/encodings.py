"""Text in the encodings of Japanese files, detected with charset-normalizer."""

import codecs
import re
from contextlib import suppress
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
_KANJI: Final = b"\x1b$"  # an escape of ISO-2022-JP, whose bytes are otherwise ASCII
_OTHERS: Final = b"\x1b("  # its other one
_JIS: Final = "iso2022_jp_ext"  # with half-width katakana
_JIS_X_0212: Final = b"\x1b$(D"  # the escape before kanji of another set, which CP932 does not have
_WITH_CP932: Final = "luke_qa_with_cp932"  # how faults in ISO-2022-JP are mended
_PAIR: Final = re.compile(rb"[!-~]{2}")  # the bytes of a kanji


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
        text = decode_jis(content) if codec == "iso2022_jp" else content.decode(codec)
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
    if _is_jis(content):
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


def decode_jis(content: bytes) -> str:
    """Return text in ISO-2022-JP as Windows writes it: with ①, ㈱ or 髙, which Python's codec lacks.

    Raises:
        UnicodeError: it is damaged.
    """
    return content.decode(_JIS, "strict" if _JIS_X_0212 in content else _WITH_CP932)


def _from_cp932(error: UnicodeError) -> tuple[str, int]:
    """Return a character that Python's ISO-2022-JP lacks, and where it ends: its place in JIS is one in CP932."""
    if isinstance(error, UnicodeDecodeError) and _PAIR.fullmatch(pair := error.object[error.start : error.end]):
        row, cell = pair[0] - 0x21, pair[1] - 0x21
        first = row // 2 + (0x81 if row < 62 else 0xC1)
        second = cell + (0x9F if row % 2 else 0x40 if cell < 63 else 0x41)
        with suppress(UnicodeDecodeError):
            return bytes((first, second)).decode("cp932"), error.end
    raise error


codecs.register_error(_WITH_CP932, _from_cp932)


def _is_jis(content: bytes) -> bool:
    """Return whether this is ISO-2022-JP, perhaps damaged: its kanji begin with an escape that no other text has."""
    if b"\0" in content or not content.isascii():
        return False
    return _KANJI in content or (_OTHERS in content and _is(content, _JIS))


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
