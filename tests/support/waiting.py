"""Waiting for something that happens in another process or thread."""

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    """Look again and again; fail after this many seconds, which a busy machine must not exceed by itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
