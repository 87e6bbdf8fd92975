"""The columns of a table are checked before its first row."""

from dataclasses import replace
from pathlib import Path

import pyarrow
import pytest

from bulk.columns import check_columns
from bulk.job import Corpus, Job, JobError

JOB = Job(("in.jsonl",), "out", Path("checkpoint"), id="n")
NAMED = replace(JOB, corpus=Corpus(("corpus.jsonl",), documents="best"))
TEXT = pyarrow.string()
GOOD = {"n": pyarrow.int64(), "question": TEXT, "context": TEXT}


def test_a_good_table_passes() -> None:
    check_columns(JOB, GOOD)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"question": TEXT, "context": TEXT}, "no column 'n'"),
        (GOOD | {"question": pyarrow.list_(TEXT)}, "'question' holds list"),
        (GOOD | {"answer": TEXT}, "'answer' is reserved"),
    ],
)
def test_an_unusable_table_is_refused(columns: dict[str, pyarrow.DataType], message: str) -> None:
    with pytest.raises(JobError, match=message):
        check_columns(JOB, columns)


@pytest.mark.parametrize(
    "kind",
    [
        pyarrow.list_(TEXT),
        pyarrow.large_list(TEXT),
        pyarrow.list_(TEXT, 3),
        pyarrow.list_(pyarrow.struct([("id", TEXT), ("score", pyarrow.float64())])),
        pyarrow.null(),
    ],
)
def test_documents_are_named_in_lists(kind: pyarrow.DataType) -> None:
    check_columns(NAMED, GOOD | {"best": kind})


@pytest.mark.parametrize("kind", [TEXT, pyarrow.int64(), pyarrow.struct([("id", TEXT)])])
def test_documents_that_are_named_otherwise_are_refused(kind: pyarrow.DataType) -> None:
    with pytest.raises(JobError, match=r"'best' holds .*, not lists of ids\. CSV has no lists"):
        check_columns(NAMED, GOOD | {"best": kind})
