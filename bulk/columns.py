"""The columns of a job's table, checked before its first row."""

from collections.abc import Mapping

import pyarrow
from pyarrow.types import is_fixed_size_list, is_large_list, is_list, is_nested, is_null

from bulk.answering import results_of
from bulk.job import Job, JobError


def check_columns(job: Job, columns: Mapping[str, pyarrow.DataType]) -> None:
    """Check that the table has what the job asks, and room for the results.

    Raises:
        JobError: a column is missing, holds something else, or has the name of a result.
    """
    for name in job.columns:
        if name not in columns:
            raise JobError(f"The table has no column {name!r}. Its columns are: {', '.join(columns)}.")
    if is_nested(columns[job.question]):
        raise JobError(f"The column {job.question!r} holds {columns[job.question]}, not text: one question a row.")
    named = job.corpus.documents if job.corpus else None
    if named is not None and not _may_hold_lists(columns[named]):
        raise JobError(
            f"The column {named!r} holds {columns[named]}, not lists of ids. "
            "CSV has no lists: use JSON Lines or Parquet."
        )
    if taken := [name for name in results_of(job).names if name in columns]:
        raise JobError(f"The column {taken[0]!r} is reserved for the result. Rename it.")


def _may_hold_lists(kind: pyarrow.DataType) -> bool:
    """Return whether these are lists, or nothing in the first rows."""
    return bool(is_list(kind) or is_large_list(kind) or is_fixed_size_list(kind) or is_null(kind))
