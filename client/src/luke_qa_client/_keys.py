"""The inference key: given, asked for, or read from TorchServe's file of keys."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from ._errors import AuthenticationError
from ._settings import variable


class Keys:
    """The key that is in use, and where the next one comes from. Safe among threads."""

    def __init__(self, given: str | None, read: Callable[[], str] | None = None) -> None:
        """Take a key, or a way to read one, or neither: then none is sent."""
        self._key = given
        self._read = read
        self._lock = Lock()

    def current(self) -> str | None:
        """Return the key, read at first use.

        Raises:
            AuthenticationError: it cannot be read.
        """
        with self._lock:
            if self._key is None and self._read is not None:
                self._key = _checked(self._read())
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
        return Keys(None, token)
    name, given = ("LUKE_QA_TOKEN: the", variable("LUKE_QA_TOKEN")) if token is None else ("The", token)
    if given is not None and not _can_be_token(given):
        raise ValueError(f"{name} token must be one word of visible ASCII characters.")
    return Keys(given)


def _inference_key(file: Path) -> str:
    try:
        key: str = json.loads(file.read_text("utf-8"))["inference"]["key"]
    except OSError as error:
        raise AuthenticationError(f"The key file {file} cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError) as error:
        raise AuthenticationError(f"The key file {file} holds no inference key.") from error
    return key


def _checked(key: str) -> str:
    if not isinstance(key, str) or not _can_be_token(key):
        raise AuthenticationError("The key that was read is not one word of visible ASCII characters.")
    return key


def _can_be_token(token: str) -> bool:
    return token.isascii() and token.isprintable() and token != "" and " " not in token
