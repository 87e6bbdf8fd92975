"""A row: a question with its context, and whatever other columns travel with it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .._answers import Answer
from .._errors import BadRequestError, LukeQAError
from .values import plain

RESULT_COLUMNS: Final = ("answer", "score", "start", "end", "document", "no_answer_score")
ERROR_COLUMN: Final = "error"  # of a file of errors; left out of what is read, so that such a file can be asked again


class InputError(Exception):
    """The input cannot be read at all; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input.

    Attributes:
        line: where it begins, counted from 1; in Parquet, which has no lines, the row's own number.
        position: how much of the input has been read with it, in the unit of the source's size.
        values: its columns, in their order.
        question, context: what to ask; empty where there is a problem.
        problem: why it cannot be asked; None where it can.
    """

    line: int
    position: int
    values: Mapping[str, Any]
    question: str = ""
    context: str | list[str] = ""
    problem: str | None = None

    def fitted(self, columns: Container[str]) -> "Row":
        """Return this row, which is a problem where it has columns beside these."""
        extra = [name for name in self.values if name not in columns]
        if not extra or self.problem:
            return self
        return replace(self, problem=f"It has a column {extra[0]!r}, which the first row does not have.")


def read_row(line: int, position: int, values: Mapping[str, Any]) -> Row:
    """Return the row of these columns, with its problem if it has one."""
    values = {name: value for name, value in values.items() if name != ERROR_COLUMN}
    question, context = plain(values.get("question")), plain(values.get("context"))
    problem = _problem(question, context) or columns_problem(values)
    if problem:
        return Row(line, position, values, problem=problem)
    return Row(line, position, values, question, context)


def columns_problem(columns: Container[str]) -> str | None:
    """Return why these columns cannot be carried through, or None."""
    taken = [name for name in RESULT_COLUMNS if name in columns]
    return f"It has a column {taken[0]!r}, which is where the answer goes." if taken else None


def result_values(answer: Answer) -> dict[str, Any]:
    """Return the columns that an answer adds to its row."""
    return {name: getattr(answer, name) for name in RESULT_COLUMNS}


def error_values(row: Row, error: LukeQAError) -> dict[str, Any]:
    """Return the row as a file of errors has it: its columns, and what went wrong."""
    what = {
        "line": row.line,
        "kind": type(error).__name__,
        "message": error.message,
        "status": error.status,
        "type": error.type,
        "field": error.field,
    }
    return {**row.values, ERROR_COLUMN: {name: value for name, value in what.items() if value is not None}}


def row_error(problem: str) -> LukeQAError:
    """Return the error of a row that was not even asked."""
    return BadRequestError(problem, type="bad_row")


def _problem(question: object, context: object) -> str | None:
    if not isinstance(question, str) or not question.strip():
        return "It has no question."
    texts = context if isinstance(context, list) and context else [context]
    if not all(isinstance(text, str) for text in texts) or not any(texts):
        return "It has no context."
    return None
