"""What to answer, with what, and where to put it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


class JobError(Exception):
    """The job cannot be done as described. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents that the questions of a table are asked over.

    Attributes:
        inputs: files or directories of one format, as for a job.
        id, text: names of the corpus' columns. Ids are unique.
        documents: a column of the table: for each question the ids of its documents, such as a retriever's best ten, or
            objects with an id and a score. None: every question is asked over every document.
    """

    inputs: tuple[str, ...]
    id: str = "id"
    text: str = "text"
    documents: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A table in, the same table with answers out.

    Attributes:
        inputs: files or directories of one format: Parquet, JSON Lines or CSV; on a disk, or at ``s3://`` and the like.
        output: the directory for the answered table. Its files have the format of the input.
        checkpoint: the model's directory. It must exist at this path on every node.
        question, context: names of the columns to ask. A context is a text or a list of texts; a job with a corpus has
            none.
        id: a column whose values are unique. With it, a job that was killed is resumed.
        options: fields of every request, such as ``max_answer_len``.
        settings: the ``handler:`` section of model-config.yaml, such as ``backend``.
        workers: the number of engines; 0 for one per core, or per share of a GPU.
        gpus: GPUs per engine. 0.25 lets four engines share one.
        batch_rows: rows that an engine answers together.
        corpus: the documents to ask over, instead of a context in each row.
    """

    inputs: tuple[str, ...]
    output: str
    checkpoint: Path
    question: str = "question"
    context: str = "context"
    id: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 0
    gpus: float = 0.0
    batch_rows: int = 128
    corpus: Corpus | None = None

    def __post_init__(self) -> None:
        if not self.inputs:
            raise JobError("There is no input. Name a file or a directory.")
        if reserved := {"question", "context", "inputs", "parameters"} & self.options.keys():
            raise JobError(f"{min(reserved)} is no option: it comes from the table.")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the table must have."""
        asked = self.context if self.corpus is None else self.corpus.documents
        return tuple(name for name in (self.question, asked, self.id) if name is not None)

    @property
    def digest(self) -> str:
        """A digest of everything that decides what the output contains."""
        content = asdict(self) | {"checkpoint": str(self.checkpoint), "workers": 0, "gpus": 0, "batch_rows": 0}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
