"""The parser of the command line: a mistake gets the usage of its own command, and a suggestion."""

import argparse
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Final, NoReturn

_WRONG_CHOICE: Final = re.compile(r"invalid choice: '([^']*)'")


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that reports what it does not know itself, instead of leaving it to the parser above."""

    def parse_known_args(  # type: ignore[override]  # typeshed has overloads by the type of namespace
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._complaint(unknown[0]))
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message; exit with 2."""
        wrong = _WRONG_CHOICE.search(message)
        super().error(message + _suggestion(wrong[1], self._commands()) if wrong else message)

    def _complaint(self, unknown: str) -> str:
        if unknown.startswith("-"):
            name = unknown.partition("=")[0]
            return f"there is no option {name}.{_suggestion(name, self._option_string_actions)}"
        return f"one argument too many: {unknown!r}. Put a text with spaces into quotation marks."

    def _commands(self) -> Iterable[str]:
        return [str(choice) for action in self._actions for choice in action.choices or ()]


def _suggestion(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""
