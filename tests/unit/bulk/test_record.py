"""What stands beside an output: nothing is overwritten, and only the same job goes on."""

from dataclasses import replace
from pathlib import Path

import pytest

from bulk.job import Job, JobError
from bulk.record import Record


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(("in.jsonl",), str(tmp_path / "out"), Path("checkpoint"), id="n")


def begun(job: Job) -> Path:
    Record(job).begin()
    part = Path(job.output) / "part.parquet"
    part.parent.mkdir()
    part.write_text("rows")
    return part


def test_a_new_job_begins_and_resumes(job: Job) -> None:
    assert Record(job).begin() is False
    assert Record(job).begin() is False  # killed before the first rows
    begun(job)
    assert Record(job).begin() is True


def test_the_files_of_somebody_else_stay(job: Job, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("")
    with pytest.raises(JobError, match="not empty"):
        Record(job).begin()


def test_another_job_does_not_go_on(job: Job) -> None:
    begun(job)
    with pytest.raises(JobError, match="other inputs or options"):
        Record(replace(job, question="質問")).begin()


def test_a_complete_output_is_left_alone(job: Job) -> None:
    begun(job)
    Record(job).finish()
    with pytest.raises(JobError, match="complete"):
        Record(job).begin()


def test_without_an_id_column_a_part_is_not_resumed(job: Job) -> None:
    job = replace(job, id=None)
    begun(job)
    with pytest.raises(JobError, match="id column"):
        Record(job).begin()
