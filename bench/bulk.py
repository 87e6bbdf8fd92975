"""The bulk job, compared with what it is made of.

    python -m bench.bulk machine [--checkpoint checkpoints/embedded] [--rows 2000] [--turns 3] [--output report.json]
    python -m bench.bulk nodes [--rows 1000]
    python -m bench.bulk memory [--rows 1000000]

- ``machine``: the job's rows a second over the bare engine's in as many processes, taking turns.
- ``nodes``: two nodes of one core each over one, taking turns. Each node is a Ray node of its own, bound to its core.
- ``memory``: short rows through an engine that only echoes, with the memory of all processes over time.

Rates are those of a job under way: the time that twice the rows take longer. Ray's start and the loading of checkpoints
are not in them.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pyarrow
from pyarrow import parquet

from bench.bare import Layout, measure_bare
from bench.echo import Echo
from bench.memory import describe, sampled
from bench.output import save
from bench.texts import Pair, draw_pairs
from bulk.answering import Answerer
from bulk.cluster import connect
from bulk.job import Job
from bulk.run import Engines, run
from luke_qa.checkpoint import open_checkpoint
from luke_qa.tokenizer import Tokenizer

FILES = 10  # of a table
FEW = 100  # rows of a job that only starts the engines
STORE = 200 << 20  # bytes of Ray's memory on each node
SAMPLE_SECONDS = 2.0


def write_pairs(directory: Path, pairs: Sequence[Pair]) -> Path:
    """Write the pairs as a table of several files, and return its directory."""
    directory.mkdir()
    for number in range(FILES):
        rows = [
            {"n": n, "question": pair.question, "context": pair.context}
            for n, pair in enumerate(pairs)
            if n % FILES == number
        ]
        if rows:
            parquet.write_table(pyarrow.Table.from_pylist(rows), directory / f"{number}.parquet")
    return directory


def seconds_of(job: Job, answerer: Engines = Answerer) -> float:
    """Do the job into a fresh output; return how long it took."""
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        counts = run(replace(job, output=str(Path(scratch) / "answers")), answerer)
        assert set(counts) == {"ok"}, counts
        return time.perf_counter() - began


def rate_of(job: Job, single: Path, double: Path, rows: int) -> float:
    """Rows a second of a job under way. ``double`` has twice the ``rows`` of ``single``.

    The table of ``job`` is for a job before: the first one on a node starts its processes.
    """
    seconds_of(job)
    once, twice = (seconds_of(replace(job, inputs=(str(table),))) for table in (single, double))
    return rows / max(twice - once, 1e-9)


def measure_machine(checkpoint: Path, pairs: Sequence[Pair], scratch: Path, turns: int, workers: int) -> dict[str, Any]:
    """The job against the bare engine on this machine, turn by turn."""
    rows = len(pairs) // 2
    few = write_pairs(scratch / "few", pairs[:FEW])
    single, double = write_pairs(scratch / "single", pairs[:rows]), write_pairs(scratch / "double", pairs)
    job = Job((str(few),), "", checkpoint, id="n", workers=workers)
    config = {"handler": {}, "batchSize": job.batch_rows}
    connect()
    found = list[dict[str, float]]()
    for _ in range(turns):
        # The rows that the job's rate is about.
        bare = measure_bare(checkpoint, config, pairs[rows:], 20.0, Layout(workers, 1)).per_second
        of_job = rate_of(job, single, double, rows)
        found.append({"bare": bare, "job": of_job, "of_bare": of_job / bare})
        print(found[-1], flush=True)
    return {"workers": workers, "turns": found, "of_bare": statistics.median(turn["of_bare"] for turn in found)}


def measure_nodes(checkpoint: Path, pairs: Sequence[Pair], scratch: Path, turns: int) -> dict[str, Any]:
    """Two nodes of one core each against one, turn by turn; the driver and Ray's head are on neither."""
    import ray
    from ray.cluster_utils import Cluster

    cores = sorted(os.sched_getaffinity(0))[:2]
    assert len(cores) == 2, "two nodes need two cores"
    rows = len(pairs) // 2
    few = write_pairs(scratch / "few", pairs[:FEW])
    single, double = write_pairs(scratch / "single", pairs[:rows]), write_pairs(scratch / "double", pairs)
    head = {"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        _add_node(cluster, cores[0])
        connect()
        job, found = Job((str(few),), "", checkpoint, id="n"), list[dict[str, float]]()
        for _ in range(turns):
            one = rate_of(replace(job, workers=1), single, double, rows)
            second = _add_node(cluster, cores[1])
            two = rate_of(replace(job, workers=2), single, double, rows)
            cluster.remove_node(second)
            found.append({"one": one, "two": two, "ratio": two / one})
            print(found[-1], flush=True)
    finally:
        ray.shutdown()  # else the head is in use
        cluster.shutdown()
    return {"turns": found, "ratio": statistics.median(turn["ratio"] for turn in found)}


def _add_node(cluster: Any, core: int) -> Any:
    """Add a node whose processes run on this core. Ray books two CPUs on it: an engine's, and those of tasks."""
    node = cluster.add_node(num_cpus=2, object_store_memory=STORE)
    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    for process in (raylet, *raylet.children(recursive=True)):
        process.cpu_affinity([core])
    return node


def measure_memory(rows: int, scratch: Path) -> dict[str, Any]:
    """The megabytes of this process and all that Ray started, while short rows pass through an echo."""
    table = scratch / "rows"
    table.mkdir()
    for number in range(FILES):
        of_file = range(rows * number // FILES, rows * (number + 1) // FILES)
        content = {
            "n": list(of_file),
            "question": [f"{n}番の色は何色ですか" for n in of_file],
            "context": [f"{n}番の色は青です。" for n in of_file],
        }
        parquet.write_table(pyarrow.table(content), table / f"{number}.parquet")
    job = Job((str(table),), "", Path("."), id="n")
    connect()
    with sampled(SAMPLE_SECONDS) as samples:
        seconds = seconds_of(job, Echo)
    return {"rows": rows, "seconds": seconds, "rows_per_second": rows / seconds, **describe(samples)}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("machine", "nodes", "memory"))
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/embedded"))
    parser.add_argument("--rows", type=int, help="default: 2,000; memory: 1,000,000")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="engines on this machine")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args(arguments)
    checkpoint = given.checkpoint.resolve()
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        if given.what == "memory":
            report = measure_memory(given.rows or 1_000_000, scratch)
        else:
            tokenizer = Tokenizer.from_file(open_checkpoint(checkpoint).tokenizer_file)
            pairs = draw_pairs(2 * (given.rows or 2000), tokenizer, 1)
            if given.what == "machine":
                report = measure_machine(checkpoint, pairs, scratch, given.turns, given.workers)
            else:
                report = measure_nodes(checkpoint, pairs, scratch, given.turns)
    print(report)
    save({"name": f"{given.what}, {checkpoint.name}", **report}, given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
