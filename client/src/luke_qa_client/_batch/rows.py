"""A row: a question, its context, and the other columns."""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .._answers import Answer
from .._errors import BadRequestError, LukeQAError
from .values import plain

RESULT_COLUMNS: Final = ("answer", "score", "start", "end", "document", "no_answer_score")

# The column that a file of errors adds. It is dropped when such a file is read, so its rows can be asked again.
ERROR_COLUMN: Final = "error"
ERROR_PARTS: Final = frozenset({"line", "kind", "message"})
_OWN_COLUMN: Final = "column"  # the part that keeps a column of that name from the input


class InputError(Exception):
    """The input cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input.

    Attributes:
        line: the line where it starts, counted from 1; in Parquet, the number of the row.
        position: how much of the input has been read after it, in the unit of the source's size.
        values: its columns, in order.
        question, context: what to ask; empty if there is a problem.
        problem: why it cannot be asked; None if it can.
    """

    line: int
    position: int
    values: Mapping[str, Any]
    question: str = ""
    context: str | list[str] = ""
    problem: str | None = None

    def checked_against(self, columns: Container[str]) -> "Row":
        """Return this row, with a problem if it has columns other than these."""
        extra = [name for name in self.values if name not in columns]
        if not extra or self.problem:
            return self
        return replace(self, problem=f"The row has a column {extra[0]!r} that the first row does not have.")


def read_row(line: int, position: int, values: Mapping[str, Any]) -> Row:
    """Return the row with these columns, and its problem if it has one."""
    values = _without_error(values)
    question, context = plain(values.get("question")), plain(values.get("context"))
    problem = _problem(question, context) or columns_problem(values)
    if problem:
        return Row(line, position, values, problem=problem)
    return Row(line, position, values, question, context)


def columns_problem(columns: Collection[str]) -> str | None:
    """Return why these columns cannot be copied to the output, or None."""
    if len(set(columns)) < len(columns):
        return "Two columns have the same name."
    taken = [name for name in RESULT_COLUMNS if name in columns]
    return f"The column {taken[0]!r} is reserved for the answer." if taken else None


def result_values(answer: Answer) -> dict[str, Any]:
    """Return the columns that an answer adds to its row."""
    return {name: getattr(answer, name) for name in RESULT_COLUMNS}


def error_values(row: Row, error: LukeQAError) -> dict[str, Any]:
    """Return the row for a file of errors: its columns, and why it failed."""
    what = {
        "line": row.line,
        "kind": type(error).__name__,
        "message": error.message,
        "status": error.status,
        "type": error.type,
        "field": error.field,
    }
    known = {name: value for name, value in what.items() if value is not None}
    own = {_OWN_COLUMN: row.values[ERROR_COLUMN]} if ERROR_COLUMN in row.values else {}
    return {**row.values, ERROR_COLUMN: {**known, **own}}


def row_error(problem: str) -> LukeQAError:
    """Return the error of a row that cannot be asked."""
    return BadRequestError(problem, type="bad_row")


def _without_error(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the columns without those that a file of errors adds."""
    error = values.get(ERROR_COLUMN)
    if not isinstance(error, dict) or not error.keys() >= ERROR_PARTS:
        return values
    own = {ERROR_COLUMN: error[_OWN_COLUMN]} if _OWN_COLUMN in error else {}
    return {**{name: value for name, value in values.items() if name != ERROR_COLUMN}, **own}


def _problem(question: object, context: object) -> str | None:
    if not isinstance(question, str) or not question.strip():
        return "The row has no question."
    texts = context if isinstance(context, list) and context else [context]
    if not all(isinstance(text, str) for text in texts) or not any(texts):
        return "The row has no context."
    return None
