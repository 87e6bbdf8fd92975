"""The heap of java beside the workers: in a container, it must leave them room."""

import re
from collections.abc import Iterator, Sequence

HEAP_SHARE = 4  # of a container's memory, one part in so many for the heap; the workers take the rest
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def fit_heap(arguments: Sequence[str], limit: int | None) -> Iterator[str]:
    """Yield the JVM's arguments, with ``-Xmx`` lowered where ``limit`` bytes of memory have no room for it."""
    for argument in arguments:
        size = re.fullmatch(r"-Xmx(\d+)([kmg]?)", argument, re.IGNORECASE)
        if size and limit is not None:
            wanted = int(size[1]) * UNITS[size[2].lower()]
            yield f"-Xmx{min(wanted, limit // HEAP_SHARE) >> 20}m"
        else:
            yield argument
