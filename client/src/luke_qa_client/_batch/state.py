"""The progress of a batch, in a file that is replaced atomically."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._answers import Answer
from .asking import Result
from .disk import add_suffix, write_through
from .values import json_line


@dataclass(frozen=True, slots=True)
class Counts:
    """The rows that are done: answered or failed. Of the answers, ``absent`` are probably not in the text."""

    answered: int = 0
    failed: int = 0
    absent: int = 0

    @property
    def rows(self) -> int:
        return self.answered + self.failed

    def plus(self, results: Sequence[Result]) -> "Counts":
        answers = [result for _, result in results if isinstance(result, Answer)]
        absent = sum(answer.confidence == "none" for answer in answers)
        return Counts(self.answered + len(answers), self.failed + len(results) - len(answers), self.absent + absent)


@dataclass(frozen=True, slots=True)
class State:
    """A batch in progress.

    Attributes:
        begun: the input and the settings that it was started with.
        counts: the rows that are done, always the first ones of the input.
        part_bytes, error_bytes: the valid length of the file of answers and of the file of errors.
        errors_begun: whether the file of errors, if any, belongs to this batch; any other is not touched.
        complete: whether every row is done.
        replaces: whether the output replaces what is there.
    """

    begun: dict[str, Any]
    counts: Counts = Counts()
    part_bytes: int = 0
    error_bytes: int = 0
    errors_begun: bool = False
    complete: bool = False
    replaces: bool = False


def read_state(path: Path) -> State | None:
    """Return the state in a file; None if there is no such file.

    Raises:
        ValueError: the file contains something else.
    """
    try:
        fields = json.loads(path.read_bytes())
        return State(**{**fields, "counts": Counts(**fields["counts"])})
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path} is not a valid state file.") from error


def write_state(path: Path, state: State) -> None:
    """Replace the state in a file; after a power failure it is the old one or the new one."""
    new = add_suffix(path, ".new")
    with new.open("wb") as file:
        write_through(file, json_line(asdict(state)))
    new.replace(path)
