"""Which job an output belongs to, so that a killed job is resumed and nothing is overwritten.

Ray keeps the ids of the rows that are written in ``OUTPUT.checkpoint``, and commits them with the files of the output.
They are deleted when the job is complete, by us and not by Ray: Ray's deletion comes before the record of it, and a job
that is killed between the two would answer all its rows again.
``OUTPUT.job.json`` names the job. Both stand beside the output, whose directory contains nothing but the table.
"""

import json
import os
from dataclasses import dataclass

from pyarrow import fs

from bulk.job import Job, JobError
from bulk.tables import filesystem


@dataclass(frozen=True, slots=True)
class Record:
    """The files beside the output of a job."""

    job: Job

    @property
    def checkpoint(self) -> str:
        path = self.job.output.rstrip("/") + ".checkpoint"
        return path if "://" in path else os.path.abspath(path)  # Ray takes no relative one

    def begin(self) -> bool:
        """Note the job, before its first row. Return whether it resumes an earlier run.

        Raises:
            JobError: the output is not this job's, or complete, or cannot be resumed.
        """
        output, noted = self.job.output, self._read()
        written = _has_files(output)
        if noted is None:
            if written:
                raise JobError(f"{output} is not empty. Choose another output, or remove it.")
        elif noted.get("digest") != self.job.digest:
            raise JobError(
                f"{output} belongs to a job with other inputs or options. "
                f"Choose another output, or remove it and {self._path}."
            )
        elif noted.get("complete"):
            raise JobError(f"{output} is complete: nothing is left to do.")
        elif self.job.id is None and written:
            raise JobError(
                f"{output} holds a part of the answers, and only a job with an id column can be resumed. "
                f"Remove it and {self._path}, or name a column with unique values for the next time."
            )
        if not written:
            self._forget_ids()  # of an output that was removed: its rows would be left out
            self._write(complete=False)
        return written

    def finish(self) -> None:
        """Note that the job is complete. Only then are the ids of its rows of no use."""
        self._write(complete=True)
        self._forget_ids()

    def _forget_ids(self) -> None:
        system, place = filesystem(self.checkpoint)
        (info,) = system.get_file_info([place])
        if info.type == fs.FileType.Directory:
            system.delete_dir(place)

    @property
    def _path(self) -> str:
        return self.job.output.rstrip("/") + ".job.json"

    def _read(self) -> dict[str, object] | None:
        system, place = filesystem(self._path)
        (info,) = system.get_file_info([place])
        if info.type == fs.FileType.NotFound:
            return None
        with system.open_input_stream(place) as file:
            noted: dict[str, object] = json.loads(file.read())
        return noted

    def _write(self, complete: bool) -> None:
        system, place = filesystem(self._path)
        with system.open_output_stream(place) as file:
            file.write(json.dumps({"digest": self.job.digest, "complete": complete}).encode())


def _has_files(directory: str) -> bool:
    system, place = filesystem(directory)
    return bool(system.get_file_info(fs.FileSelector(place, allow_not_found=True)))
