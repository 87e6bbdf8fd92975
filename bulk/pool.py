"""How many engines, and what share of a CPU Ray books for each.

An engine keeps one core busy. Ray books whole CPUs by default, and waits for ever if an engine holds the CPU that a
task before it in the pipeline needs. So an engine books less than one. What is left on every node is enough for the
tasks that read, write and, in a resumed job, leave out the rows that are done.
"""

from collections.abc import Sequence
from dataclasses import dataclass

TASK_CPUS = 0.1  # booked for a task that reads or writes
_LEFT = 1.0 + 3 * TASK_CPUS  # Ray books a whole CPU for the task that leaves out rows
_LEAST = 0.1


@dataclass(frozen=True, slots=True)
class Pool:
    """engines: their number; cpus: what Ray books for each."""

    engines: int
    cpus: float


def plan_pool(workers: int, gpus: float, node_cpus: Sequence[float], cluster_gpus: float) -> Pool:
    """Plan one engine per core, or as many as share the GPUs; ``workers``, if not 0, says how many.

    gpus: GPUs per engine; node_cpus: the CPUs of each node.
    """
    engines = workers or (int(cluster_gpus / gpus) if gpus else int(sum(node_cpus)))
    share = min((cpus - _LEFT) / cpus for cpus in node_cpus)
    return Pool(max(1, engines), round(max(_LEAST, share), 3))
