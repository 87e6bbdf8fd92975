"""Pairs as callers have them: tuples, rows of a table, and values that cannot be asked. No I/O."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from .._documents import Context
from .._errors import BadRequestError
from .._request import Pair, check_context, check_question

UNUSABLE: Final = "unusable_pair"  # the type of the error that stands in the place of such a pair

_NAMES: Final = ("question", "context")

_T = TypeVar("_T", bound=Iterable[Pair] | AsyncIterable[Pair])


class Table(Protocol):
    """A DataFrame of pandas or polars. Neither library is imported."""

    @property
    def columns(self) -> Any:
        """The names of the columns."""

    def __getitem__(self, name: Any, /) -> Any:
        """Return a column."""


def read_rows(pairs: _T | Table) -> _T:
    """Return the pairs to iterate over: the rows of a table, or ``pairs`` themselves.

    Raises:
        TypeError: ``pairs`` is a single string.
        ValueError: a table has neither columns named question and context nor exactly two columns.
    """
    if isinstance(pairs, str):
        raise TypeError("Give (question, context) pairs, not a string. For one question use ask.")
    if not (hasattr(pairs, "columns") and hasattr(pairs, "__getitem__")):
        return pairs
    table: Any = pairs
    columns = list(table.columns)
    names = _NAMES if set(_NAMES) <= set(columns) else columns
    if len(names) != len(_NAMES):
        listed = ", ".join(map(str, columns))
        raise ValueError(f"A table needs the columns question and context, or two columns in this order, not {listed}.")
    rows: Any = zip(*(table[name] for name in names), strict=True)
    return rows  # type: ignore[no-any-return]


def read_pair(given: object) -> Pair | BadRequestError:
    """Return a pair, or the error that stands in its place."""
    field = None
    try:
        question, context = _two(given)
        field = "question"
        asked = check_question(question)
        field = "context"
        return asked, check_context(context)
    except TypeError as error:
        return BadRequestError(str(error), type=UNUSABLE, field=field)


def _two(given: object) -> tuple[object, Context]:
    if isinstance(given, Mapping):
        if missing := [name for name in _NAMES if name not in given]:
            raise TypeError(f"A pair that is a mapping needs question and context. It has no {missing[0]}.")
        return given["question"], given["context"]
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f"A pair must be (question, context), not {type(given).__name__}.")
    if len(given) != len(_NAMES):
        raise TypeError(f"A pair must be (question, context), not {len(given)} values. Options are keywords.")
    return given[0], given[1]
