"""The client's pauses between tries, fixed: in place of ``luke_qa_client._policy.draw_backoff``."""

from collections.abc import Callable
from typing import Final

TOO_LONG: Final = 1e6  # seconds; no client has time for it, so it gives up


def pauses(*seconds: float) -> Callable[[int], float]:
    """Return pauses of so many seconds after the first failure, the second, …; the last one repeats."""
    return lambda failures: seconds[min(failures, len(seconds)) - 1]
