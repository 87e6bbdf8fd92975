"""The inference key: given, returned by a function, or read from TorchServe's key file."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from ._errors import AuthenticationError, LukeQAError
from ._settings import read_variable


class Keys:
    """The current key, and the source of the next one. Thread-safe."""

    def __init__(self, given: str | None, read: Callable[[], str] | None = None) -> None:
        """Take a key, or a function that reads one; with neither, no key is sent."""
        self._key = given
        self._read = read
        self._lock = Lock()
        self.were_read = False  # once a key has been read, a failure to read the next one may be temporary

    @property
    def can_be_read(self) -> bool:
        """Whether there is a source of further keys."""
        return self._read is not None

    def current(self) -> str | None:
        """Return the key, reading it first if necessary.

        Raises:
            AuthenticationError: the key cannot be read.
        """
        with self._lock:
            if self._key is None and self._read is not None:
                self._key = _checked(self._read())
                self.were_read = True
            return self._key

    def discard(self, rejected: str | None) -> None:
        """Forget a key that the server rejected, unless another thread has already replaced it."""
        with self._lock:
            if self._read is not None and self._key == rejected:
                self._key = None


def read_keys(token: str | Callable[[], str] | None, key_file: str | Path | None) -> Keys:
    """Return the keys that the arguments name, else those of the environment.

    Raises:
        ValueError: both arguments are given, or the token is malformed.
    """
    if token is not None and key_file is not None:
        raise ValueError("Give either token or key_file, not both.")
    if key_file is not None:
        file = Path(key_file)
        return Keys(None, lambda: _inference_key(file))
    if callable(token):
        provide = token
        return Keys(None, lambda: _provided_key(provide))
    name, given = ("LUKE_QA_TOKEN: the", read_variable("LUKE_QA_TOKEN")) if token is None else ("The", token)
    if given is not None and not _can_be_token(given):
        raise ValueError(f"{name} token must be one word of visible ASCII characters.")
    return Keys(given)


def _provided_key(provide: Callable[[], str]) -> str:
    try:
        return provide()
    except LukeQAError:
        raise
    except Exception as error:
        message = f"The function that returns the token failed: {type(error).__name__}: {error}"
        raise AuthenticationError(message) from error


def _inference_key(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise AuthenticationError(f"The key file {file} cannot be read: {error.strerror}.") from error
    key = _parsed_key(content)
    if key is None:  # raised here: a JSONDecodeError as its context would carry the whole file, keys included
        raise AuthenticationError(f"The key file {file} contains no inference key.")
    return key


def _parsed_key(content: bytes) -> str | None:
    try:
        key: str = json.loads(content)["inference"]["key"]
    except (ValueError, LookupError, TypeError):
        return None
    return key


def _checked(key: str) -> str:
    if not isinstance(key, str) or not _can_be_token(key):
        raise AuthenticationError("The key is malformed: it must be one word of visible ASCII characters.")
    return key


def _can_be_token(token: str) -> bool:
    return token.isascii() and token.isprintable() and token != "" and " " not in token
