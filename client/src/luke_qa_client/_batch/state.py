"""How far a batch has come, as a file that is replaced in one step."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._answers import Answer
from .asking import Result
from .disk import beside, write_through
from .values import json_line


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows dealt with: answered or failed."""

    answered: int = 0
    failed: int = 0

    @property
    def rows(self) -> int:
        return self.answered + self.failed

    def plus(self, results: Sequence[Result]) -> "Counts":
        answered = sum(isinstance(result, Answer) for _, result in results)
        return Counts(self.answered + answered, self.failed + len(results) - answered)


@dataclass(frozen=True, slots=True)
class State:
    """A batch on its way.

    Attributes:
        begun: what it was begun with: its input and its settings.
        counts: the rows that are dealt with, the first ones of the input.
        part_bytes, error_bytes: how much of the answers' and of the errors' file counts.
        errors_begun: whether the errors' file, if there is one, is this batch's; what else stands there is not touched.
        complete: whether every row is dealt with.
    """

    begun: dict[str, Any]
    counts: Counts = Counts()
    part_bytes: int = 0
    error_bytes: int = 0
    errors_begun: bool = False
    complete: bool = False


def read_state(path: Path) -> State | None:
    """Return the state kept in a file, None where there is no such file.

    Raises:
        ValueError: the file holds something else.
    """
    try:
        fields = json.loads(path.read_bytes())
        return State(**{**fields, "counts": Counts(**fields["counts"])})
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path} holds no state.") from error


def write_state(path: Path, state: State) -> None:
    """Replace the state that a file holds; after a power cut it is the old one or the new one."""
    new = beside(path, ".new")
    with new.open("wb") as file:
        write_through(file, json_line(asdict(state)))
    new.replace(path)
