"""The steps of a long command on standard error: a line when one begins, and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Say what begins; at the end say how many seconds it took, unless it failed."""
    print(f"{doing} ...", file=sys.stderr, flush=True)
    began = time.monotonic()
    yield
    print(f"  {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
