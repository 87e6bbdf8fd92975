"""The job on Ray Data: read, answer in a pool of engines, write."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import pyarrow
import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext
from ray.data.checkpoint import CheckpointConfig

from bulk.answering import Answerer, settings_of
from bulk.cluster import connect
from bulk.columns import check_columns
from bulk.corpus import check_size, read_corpus
from bulk.job import Job
from bulk.options import check_options
from bulk.pool import Pool, plan_pool
from bulk.record import Record
from bulk.tables import columns_of, find_format, read_column, read_table, write_table

logger = logging.getLogger(__name__)

# A block is what an engine takes from the queue, a file of the output, and what a killed job repeats. Ray's own size,
# 128 MiB, is hours of work for a model. In 2 MiB are 3,000 short rows: half a minute of work for the embedded model,
# ten for the full-size one, and nothing for a second engine.
_BLOCK_BYTES = 256 << 10

Engines = Callable[..., Callable[[pyarrow.Table], pyarrow.Table]]


def run(job: Job, answerer: Engines = Answerer) -> Mapping[str, int]:
    """Do the job, or what is left of it, on the cluster that Ray is connected to; without one, on this machine.

    ``answerer`` is made once in every worker, with the arguments of ``Answerer``. A corpus is in memory once on every
    machine.

    Returns:
        How many rows of the output have which ``error_type``, or an answer ("ok").

    Raises:
        JobError: the job cannot be done as described.
    """
    suffix = find_format(job.inputs)
    device = "cuda" if job.gpus else "cpu"
    settings = settings_of(job, device)
    check_options(job.options, settings)
    documents = read_corpus(job.corpus) if job.corpus else None
    if documents is not None and job.corpus and job.corpus.documents is None:
        check_size(documents, settings.max_context_chars)
    record = Record(job)
    connect()
    check_columns(job, columns_of(read_table(job.inputs, suffix).limit(1)))
    if record.begin():
        logger.info("Resuming: rows that are in %s already are not asked again.", job.output)
    pool = _pool(job)
    with _context(job, record):
        table = read_table(job.inputs, suffix).map_batches(
            answerer,
            fn_constructor_args=(job, device, partial(ray.get, ray.put(documents))),
            batch_size=job.batch_rows,
            batch_format="pyarrow",
            compute=ActorPoolStrategy(size=pool.engines),
            num_cpus=pool.cpus,
            num_gpus=job.gpus,
            scheduling_strategy="SPREAD",
        )
        write_table(table, job.output, suffix)
    record.finish()
    return _outcomes(read_column(job.output, "error_type", suffix))


@contextmanager
def _context(job: Job, record: Record) -> Iterator[None]:
    """Set Ray Data's context for the job, and restore it."""
    context = DataContext.get_current()
    before = context.checkpoint_config, context.target_max_block_size
    context.target_max_block_size = _BLOCK_BYTES
    if job.id is not None:
        context.checkpoint_config = CheckpointConfig(job.id, record.checkpoint, delete_checkpoint_on_success=False)
    try:
        yield
    finally:
        context.checkpoint_config, context.target_max_block_size = before


def _pool(job: Job) -> Pool:
    nodes = [node["Resources"].get("CPU", 0.0) for node in ray.nodes() if node["Alive"]]
    gpus = ray.cluster_resources().get("GPU", 0.0)
    return plan_pool(job.workers, job.gpus, [cpus for cpus in nodes if cpus], gpus)


def _outcomes(kinds: Iterable[Iterable[str | None]]) -> Mapping[str, int]:
    """Return the rows by outcome. No error is None, and in CSV an empty text; both may be there."""
    counts = Counter[str]()
    for some in kinds:
        counts.update(kind or "ok" for kind in some)
    return counts
