"""The inference key: given, asked for, or read from TorchServe's file of keys."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from ._errors import AuthenticationError, LukeQAError
from ._settings import variable


class Keys:
    """The key that is in use, and where the next one comes from. Safe among threads."""

    def __init__(self, given: str | None, read: Callable[[], str] | None = None) -> None:
        """Take a key, or a way to read one, or neither: then none is sent."""
        self._key = given
        self._read = read
        self._lock = Lock()
        self.have_been_read = False  # then what cannot be read is perhaps just being written anew

    def current(self) -> str | None:
        """Return the key, read at first use.

        Raises:
            AuthenticationError: it cannot be read.
        """
        with self._lock:
            if self._key is None and self._read is not None:
                self._key = _checked(self._read())
                self.have_been_read = True
            return self._key

    def discard(self, refused: str | None) -> bool:
        """Forget the key that the server refused, if it is still in use; return whether another can be read."""
        with self._lock:
            if self._read is not None and self._key == refused:
                self._key = None
            return self._read is not None


def read_keys(token: str | Callable[[], str] | None, key_file: str | Path | None) -> Keys:
    """Return the keys as the arguments or else the environment say.

    Raises:
        ValueError: both arguments are given, or the token cannot be one.
    """
    if token is not None and key_file is not None:
        raise ValueError("Give either token or key_file.")
    if key_file is not None:
        file = Path(key_file)
        return Keys(None, lambda: _inference_key(file))
    if callable(token):
        provide = token
        return Keys(None, lambda: _provided_key(provide))
    name, given = ("LUKE_QA_TOKEN: the", variable("LUKE_QA_TOKEN")) if token is None else ("The", token)
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
    if key is None:  # raised here, as JSON's own error would carry the whole file, keys and all
        raise AuthenticationError(f"The key file {file} holds no inference key.")
    return key


def _parsed_key(content: bytes) -> str | None:
    try:
        key: str = json.loads(content)["inference"]["key"]
    except (ValueError, LookupError, TypeError):
        return None
    return key


def _checked(key: str) -> str:
    if not isinstance(key, str) or not _can_be_token(key):
        raise AuthenticationError("The key that was read is not one word of visible ASCII characters.")
    return key


def _can_be_token(token: str) -> bool:
    return token.isascii() and token.isprintable() and token != "" and " " not in token
