"""Arguments that are numbers; what is none gets a sentence."""

from argparse import ArgumentTypeError
from typing import Final, Literal

_ALL: Final = "all"


def whole_number(argument: str) -> int:
    """Parse an argument that must be an integer."""
    try:
        return int(argument)
    except ValueError as error:
        raise ArgumentTypeError(f"must be a whole number, not {argument!r}") from error


def number(argument: str) -> float:
    """Parse an argument that must be a number."""
    try:
        return float(argument)
    except ValueError as error:
        raise ArgumentTypeError(f"must be a number, not {argument!r}") from error


def positive(argument: str) -> int:
    """Parse an argument that must be a positive integer."""
    found = whole_number(argument)
    if found < 1:
        raise ArgumentTypeError(f"must be above 0, not {found}")
    return found


def count_or_all(argument: str) -> int | Literal["all"]:
    """Parse an argument that must be a positive integer or ``all``."""
    if argument == _ALL:
        return "all"
    try:
        return positive(argument)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"must be a whole number above 0 or {_ALL}, not {argument!r}") from error
