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


def written_ids(job: Job) -> Path:
    """What Ray keeps beside the output."""
    ids = Path(Record(job).checkpoint)
    ids.mkdir()
    (ids / "part.parquet").write_text("ids")
    return ids


def test_the_ids_of_written_rows_stay_until_the_job_is_complete(job: Job) -> None:
    begun(job)
    ids = written_ids(job)
    Record(job).begin()
    assert ids.exists()
    Record(job).finish()
    assert not ids.exists()


def test_the_ids_are_deleted_where_they_are_a_uri(job: Job) -> None:
    local = written_ids(job)
    Record(replace(job, output=Path(job.output).as_uri())).finish()
    assert not local.exists()


@pytest.mark.parametrize("record_stays", [True, False])
def test_the_ids_of_an_output_that_was_removed_are_forgotten(job: Job, record_stays: bool) -> None:
    part = begun(job)
    ids = written_ids(job)
    part.unlink()
    if not record_stays:
        Path(f"{job.output}.job.json").unlink()
    assert Record(job).begin() is False
    assert not ids.exists()
