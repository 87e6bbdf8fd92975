"""What a job is, and which jobs are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from bulk.job import Corpus, Job, JobError

JOB = Job(("in.jsonl",), "out", Path("checkpoint"))


def test_a_job_needs_an_input() -> None:
    with pytest.raises(JobError, match="no input"):
        Job((), "out", Path("checkpoint"))


@pytest.mark.parametrize("name", ["question", "context", "inputs", "parameters"])
def test_what_comes_from_the_table_is_no_option(name: str) -> None:
    with pytest.raises(JobError, match=name):
        replace(JOB, options={name: "x"})


def test_the_digest_changes_with_what_the_output_contains() -> None:
    others = [
        replace(JOB, inputs=("other.jsonl",)),
        replace(JOB, checkpoint=Path("other")),
        replace(JOB, question="質問"),
        replace(JOB, id="n"),
        replace(JOB, options={"max_answer_len": 5}),
        replace(JOB, settings={"dtype": "float32"}),
        replace(JOB, corpus=Corpus(("corpus.jsonl",))),
        replace(JOB, corpus=Corpus(("corpus.jsonl",), documents="best")),
    ]
    assert len({JOB.digest, *(job.digest for job in others)}) == 1 + len(others)


def test_a_table_needs_the_columns_that_are_asked() -> None:
    assert replace(JOB, id="n").columns == ("question", "context", "n")
    assert replace(JOB, corpus=Corpus(("corpus.jsonl",))).columns == ("question",)
    assert replace(JOB, corpus=Corpus(("corpus.jsonl",), documents="best")).columns == ("question", "best")


def test_the_digest_does_not_depend_on_the_machines() -> None:
    assert replace(JOB, workers=8, gpus=0.5, batch_rows=7).digest == JOB.digest
