"""The parser of the command line: a mistake gets the usage of its own command, and a suggestion."""

import argparse
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from .numbers import number, whole_number

_WRONG_CHOICE: Final = re.compile(r"invalid choice: '([^']*)'")
_END_OF_OPTIONS: Final = "--"


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that reports what it does not know itself, instead of leaving it to the parser above.

    The options of a command may stand before, between and behind its arguments.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.register("type", int, whole_number)  # argparse's own messages name Python's types
        self.register("type", float, number)
        self._is_mixing = False

    def parse_known_args(  # type: ignore[override]  # typeshed has overloads by the type of namespace
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        if self._is_mixing:  # parse_known_intermixed_args calls this method
            return super().parse_known_args(args, namespace)
        found, unknown = self._parse(args, namespace)
        if unknown:
            self.error(self._complaint(unknown))
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message; exit with 2."""
        wrong = _WRONG_CHOICE.search(message)
        super().error(message + _suggestion(wrong[1], self._commands()) if wrong else message)

    def _parse(self, args: Sequence[str] | None, namespace: Any) -> tuple[Any, list[str]]:
        # argparse mixes neither options and commands, nor what stands around "--"
        if self._subparsers is not None or args is None or _END_OF_OPTIONS in args:
            return super().parse_known_args(args, namespace)
        self._is_mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_mixing = False

    def _complaint(self, unknown: Sequence[str]) -> str:
        words = [word for word in unknown if word != _END_OF_OPTIONS]
        if len(words) < len(unknown) and any(not action.option_strings for action in self._actions):
            return f"before {_END_OF_OPTIONS}, put the options in front of the arguments."
        option = next((word for word in words if word.startswith("-")), None)
        if option is None:
            return f"one argument too many: {words[0]!r}. Put a text with spaces into quotation marks."
        name = option.partition("=")[0]
        if name in self._option_string_actions:
            return f"{name} stands behind {_END_OF_OPTIONS}, where no options are: put it in front."
        return f"there is no option {name}.{_suggestion(name, self._option_string_actions)}"

    def _commands(self) -> Iterable[str]:
        return [str(choice) for action in self._actions for choice in action.choices or ()]


def _suggestion(word: str, known: Iterable[str]) -> str:
    """Return which of the known words is meant, if one is close; the dashes that all options share do not count."""
    names = {name.lstrip("-"): name for name in known}
    close = get_close_matches(word.lstrip("-"), list(names), n=1)
    return f" Did you mean {names[close[0]]}?" if close else ""
