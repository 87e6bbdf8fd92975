"""A row: a question, its context, and the other columns."""

import json
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .._errors import BadRequestError, LukeQAError
from .results import ANSWERS_COLUMN, RESULT_COLUMNS, TITLE_COLUMN
from .values import plain

# The column that a file of errors adds. It is dropped when such a file is read, so its rows can be asked again.
ERROR_COLUMN: Final = "error"
ERROR_PARTS: Final = frozenset({"line", "kind", "message"})
_OWN_COLUMN: Final = "column"  # the part that keeps a column of that name from the input

# Every version of the client has written these together.
_SIGNS_OF_AN_OUTPUT: Final = frozenset({"answer", "score", "start", "end", "document", "no_answer_score"})

# The part that keeps a row that could not be read as columns. If it is mended into JSON, the row is read from it.
TEXT_PART: Final = "text"
_LONGEST_EXCERPT: Final = 40  # characters of a value in a message


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
        text: the row as it was in the input, if it could not be read as columns.
    """

    line: int
    position: int
    values: Mapping[str, Any]
    question: str = ""
    context: str | list[str] = ""
    problem: str | None = None
    text: str | None = None

    def checked_against(self, columns: Container[str]) -> "Row":
        """Return this row, with a problem if it has columns other than these."""
        extra = [name for name in self.values if name not in columns]
        if not extra or self.problem:
            return self
        return replace(self, problem=f"The row has a column {extra[0]!r} that the first row does not have.")


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns that are asked. Without ``context``, every row has the same documents.

    Attributes:
        question, context: the names.
        documents: the texts of which every row is asked, instead of its column ``context``.
    """

    question: str = "question"
    context: str = "context"
    documents: Sequence[str] | None = None

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that a table must have."""
        return (self.question,) if self.documents is not None else (self.question, self.context)


COLUMNS: Final = Columns()


def read_row(line: int, position: int, values: Mapping[str, Any], columns: Columns = COLUMNS) -> Row:
    """Return the row with these columns, and its problem if it has one."""
    values, text = _without_error(values)
    if text is not None and columns.question not in values:
        values = _mended(text)
        if not values:
            return Row(
                line, position, {}, problem="The text of the row is not mended: it is not a JSON object.", text=text
            )
    values = without_results(values)
    question = plain(values.get(columns.question))
    context = plain(values.get(columns.context)) if columns.documents is None else list(columns.documents)
    problem = _problem(question, context, columns) or columns_problem(values)
    if problem:
        return Row(line, position, values, problem=problem)
    return Row(line, position, values, question, context)


def without_results(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the columns without those of an answer if the row is from an earlier output."""
    if not values.keys() >= set(_SIGNS_OF_AN_OUTPUT):
        return values
    return {
        name: value for name, value in values.items() if name not in (*RESULT_COLUMNS, ANSWERS_COLUMN, TITLE_COLUMN)
    }


def missing_columns(name: str, missing: Sequence[str], found: Sequence[str]) -> str:
    """Return the sentence about a table that lacks columns."""
    needed = " and ".join(missing)
    listed = f"It has {', '.join(found)}: choose" if found else "Choose"
    return (
        f"{name} lacks the {'column' if len(missing) == 1 else 'columns'} {needed}, which its header must have. "
        f"{listed} others with --question-column and --context-column."
    )


def table_problem(header: Sequence[str]) -> str | None:
    """Return why a table with this header cannot be used, or None. The columns of an earlier output may be there."""
    distinct = dict.fromkeys(header)
    return columns_problem(without_results(distinct) if len(distinct) == len(header) else header)


def columns_problem(columns: Collection[str]) -> str | None:
    """Return why these columns cannot be copied to the output, or None."""
    if len(set(columns)) < len(columns):
        return "Two columns have the same name."
    taken = [name for name in (*RESULT_COLUMNS, ANSWERS_COLUMN, TITLE_COLUMN) if name in columns]
    return f"The column {taken[0]!r} is reserved for the answer. Rename it." if taken else None


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
    known = {name: value for name, value in {**what, TEXT_PART: row.text}.items() if value is not None}
    own = {_OWN_COLUMN: row.values[ERROR_COLUMN]} if ERROR_COLUMN in row.values else {}
    return {**row.values, ERROR_COLUMN: {**known, **own}}


def row_error(problem: str) -> LukeQAError:
    """Return the error of a row that cannot be asked."""
    return BadRequestError(problem, type="bad_row")


def _without_error(values: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """Return the columns without those that a file of errors adds, and the text of a row that had no columns."""
    error = values.get(ERROR_COLUMN)
    if not isinstance(error, dict) or not error.keys() >= ERROR_PARTS:
        return values, None
    own = {ERROR_COLUMN: error[_OWN_COLUMN]} if _OWN_COLUMN in error else {}
    text = error.get(TEXT_PART)
    others = {name: value for name, value in values.items() if name != ERROR_COLUMN}
    return {**others, **own}, text if isinstance(text, str) else None


def _mended(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _problem(question: object, context: object, columns: Columns) -> str | None:
    if _is_missing(question):
        return f"The row has no {columns.question}."
    if not isinstance(question, str):
        return f"The {columns.question} of the row must be text, not {_excerpt(question)}."
    if _is_missing(context) or context == [] or (isinstance(context, list) and all(text == "" for text in context)):
        return f"The row has no {columns.context}."
    texts = context if isinstance(context, list) else [context]
    wrong = [text for text in texts if not isinstance(text, str)]
    return (
        f"The {columns.context} of the row must be text or a list of texts, not {_excerpt(wrong[0])}."
        if wrong
        else None
    )


def _is_missing(value: object) -> bool:
    return (
        value is None or (isinstance(value, str) and not value.strip()) or (isinstance(value, float) and value != value)
    )


def _excerpt(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_EXCERPT else f"{text[:_LONGEST_EXCERPT]}…"
