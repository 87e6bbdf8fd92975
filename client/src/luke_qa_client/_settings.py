"""A client's settings: from its arguments, else the environment, else the defaults."""

import math
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ._target import Target, parse_target

DEFAULT_URL: Final = "http://127.0.0.1:8080"
DEFAULT_TIMEOUT: Final = 30.0
DEFAULT_MODEL: Final = "luke-qa"


@dataclass(frozen=True, slots=True)
class Settings:
    """The server, and how long to wait for it.

    Attributes:
        target: the server's address.
        model: the model's name on the server.
        timeout: seconds per attempt of a short request; see ``_timeouts``.
        total_timeout: seconds for a question, including all attempts and delays.
        verify: a PEM file of certificates to trust instead of the public ones.
    """

    target: Target
    model: str
    timeout: float
    total_timeout: float
    verify: Path | None


def read_settings(
    base_url: str | None, *, timeout: float | None, total_timeout: float, verify: str | Path | None, model: str | None
) -> Settings:
    """Return the settings, validated.

    Raises:
        ValueError: one is invalid; the message names the argument or the environment variable.
    """
    target = _target(base_url)
    if None not in (model, target.model) and model != target.model:
        raise ValueError(f"The address names the model {target.model!r}, and model= names {model!r}. Give one of them.")
    return Settings(
        target=target,
        model=model or target.model or DEFAULT_MODEL,
        timeout=timeout_seconds(timeout),
        total_timeout=_seconds("total_timeout", total_timeout),
        verify=None if verify is None else _certificates(Path(verify)),
    )


def read_variable(name: str) -> str | None:
    """Return an environment variable; None if it is unset or empty."""
    return os.environ.get(name) or None


def timeout_seconds(given: float | None) -> float:
    """Return the ``timeout`` of the settings: ``given``, else from the environment, else the default.

    Raises:
        ValueError: the number is invalid; the message names the argument or the environment variable.
    """
    if given is not None:
        return _seconds("timeout", given)
    text = read_variable("LUKE_QA_TIMEOUT")
    return DEFAULT_TIMEOUT if text is None else _seconds("LUKE_QA_TIMEOUT", text)


def _target(base_url: str | None) -> Target:
    if base_url is not None:
        return parse_target(base_url)
    try:
        return parse_target(read_variable("LUKE_QA_URL") or DEFAULT_URL)
    except ValueError as error:
        raise ValueError(f"LUKE_QA_URL: {error}") from None


def _seconds(name: str, value: float | str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"{name} must be a number of seconds above 0, not {value}.")
    return seconds


def _certificates(file: Path) -> Path:
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError as error:
        raise ValueError(f"verify: {file} is not a PEM file of certificates.") from error
    except OSError as error:
        raise ValueError(f"verify: {file} cannot be read: {error.strerror}.") from error
    return file
