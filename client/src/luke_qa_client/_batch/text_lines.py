"""The lines of a file in any encoding, as bytes of UTF-8."""

import io
from collections.abc import Iterator
from typing import IO, Final

from .._files.encodings import NAMES, decode_jis, detect
from .._files.parts import UnreadableFileError
from .rows import InputError

_SAMPLE: Final = 2**18  # bytes from which the encoding is guessed


class TextLines:
    """The lines of a file, each with its end. What is not valid in the encoding is not UTF-8 in its line, either.

    Attributes:
        position: how many bytes of the file have been read, about.
        encoding: the name of the encoding, for messages.
    """

    def __init__(self, file: IO[bytes], codec: str = "utf_8") -> None:
        self.position = 0
        self.encoding = NAMES.get(codec, codec)
        self._file, self._codec = file, codec

    def __iter__(self) -> Iterator[bytes]:
        if self._codec == "utf_8":
            for line in self._file:
                self.position += len(line)
                yield line
            return
        if self._codec == "iso2022_jp":
            yield from self._jis()
            return
        is_file = self._file.seekable()  # a pipe has no position
        errors = "replace" if self._codec.startswith("utf_16") else "surrogateescape"
        try:
            with io.TextIOWrapper(self._file, self._codec, errors, newline="\n") as text:
                for decoded in text:
                    if is_file:
                        self.position = self._file.tell()
                    yield decoded.encode("utf-8", "surrogateescape")
        except UnicodeError as error:  # some encodings whose bytes are ASCII have no place for a damaged one
            raise InputError(f"The input cannot be read on: it is not {self.encoding} ({error}).") from error

    def _jis(self) -> Iterator[bytes]:
        """Yield the lines of ISO-2022-JP. Each begins in ASCII, so damage ends with its line."""
        for line in self._file:
            self.position += len(line)
            try:
                yield decode_jis(line).encode()
            except UnicodeError:
                # The damaged characters become a byte that UTF-8 does not have.
                yield line.decode(self._codec, "replace").encode().replace("\ufffd".encode(), b"\xff")


def find_codec(file: IO[bytes], name: str, given: str | None) -> str:
    """Return the codec of a file: the one that was given, or the one that its beginning seems to have.

    Raises:
        InputError: there is no such encoding, or the file is not text.
    """
    if given is not None:
        return _known(given)
    sample = file.read(_SAMPLE)
    file.seek(0)
    try:
        return detect(sample)
    except UnreadableFileError as error:
        raise InputError(f"{name} cannot be read: {error} Give its encoding with --encoding.") from error


def _known(given: str) -> str:
    import codecs

    try:
        codec = codecs.lookup(given).name.replace("-", "_")
    except LookupError as error:
        known = ", ".join(dict.fromkeys(NAMES.values()))
        raise InputError(f"--encoding {given} is not known. The encodings of Japanese are {known}.") from error
    return {"shift_jis": "cp932", "utf_8_sig": "utf_8"}.get(codec, codec)
