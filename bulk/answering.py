"""One engine of the pool: a table of questions in, the same table with answers out."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow

from bulk.corpus import MAX_CHARS
from bulk.job import Job, JobError
from bulk.tables import with_columns
from luke_qa.settings import Settings, SettingsError, read_settings

RESULTS = pyarrow.schema(
    [
        ("answer", pyarrow.string()),
        ("score", pyarrow.float64()),
        ("start", pyarrow.int64()),
        ("end", pyarrow.int64()),
        ("document", pyarrow.int64()),
        ("no_answer_score", pyarrow.float64()),
        ("place_score", pyarrow.float64()),
        ("confidence", pyarrow.string()),
        ("error", pyarrow.string()),
        ("error_type", pyarrow.string()),
    ]
)
"""The columns of ``luke-qa batch``, and why a row has no answer."""

DOCUMENT_ID = pyarrow.field("document_id", pyarrow.string())

_NO_LIMIT = 1e9  # seconds: nobody waits for one batch
_REMEMBERED_TOKENS = 2_000_000  # 24 bytes each, and the texts


class Answerer:
    """Loads a checkpoint once and answers batches. Ray makes one in every worker process.

    ``load_corpus`` returns the documents of a job that has a corpus.
    """

    def __init__(self, job: Job, device: str, load_corpus: Callable[[], pyarrow.Table]) -> None:
        import torch

        from bulk.asking import Ask, OverCorpus, over_contexts, over_named
        from luke_qa.service import Service, open_engine

        torch.set_num_threads(1)  # the pool uses the cores
        settings = settings_of(job, device)
        service = Service(open_engine(job.checkpoint, settings, device, _REMEMBERED_TOKENS), settings)
        self._results = results_of(job)
        self._ask: Ask
        if job.corpus is None:
            self._ask = over_contexts(service, job.options, job.question, job.context)
        elif job.corpus.documents is not None:
            self._ask = over_named(service, job.options, job.question, job.corpus.documents, load_corpus())
        else:
            self._ask = OverCorpus(service, job.options, job.question, load_corpus())

    def __call__(self, table: pyarrow.Table) -> pyarrow.Table:
        """Append the columns of ``results_of`` the job."""
        rows = [_row(response.code, json.loads(response.body)) for response in self._ask(table)]
        return with_columns(table, [(kind, [row.get(kind.name) for row in rows]) for kind in self._results])


def results_of(job: Job) -> pyarrow.Schema:
    """Return the columns that the job appends to its table."""
    return RESULTS if job.corpus is None else RESULTS.append(DOCUMENT_ID)


def settings_of(job: Job, device: str) -> Settings:
    """Return the settings of the job's engines.

    Raises:
        JobError: one is unknown or wrong.
    """
    chosen: dict[str, Any] = {"time_limit": _NO_LIMIT, "max_wait": _NO_LIMIT, "device": device}
    if job.corpus is not None and job.corpus.documents is None:
        chosen |= {"max_documents": MAX_CHARS, "max_context_chars": MAX_CHARS}
    try:
        return read_settings(chosen | dict(job.settings))
    except SettingsError as error:
        raise JobError(str(error)) from error


def _row(code: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
    if code != 200:
        return {"error": body["message"], "error_type": body["type"]}
    return {**body, DOCUMENT_ID.name: body.get("id")}
