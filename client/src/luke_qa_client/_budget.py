"""The retry budget of one client: it keeps retries from feeding an overload. No I/O.

A retry spends a token. Each answer earns one, and so does each second; unspent tokens are kept up to ``CAPACITY``. A
retry without a token waits for one, so the budget delays retries and never refuses them.

However many questions fail, a client therefore sends at most ``CAPACITY`` + answers + seconds retries: in the long run
about one for each answer. As in Finagle's retry budgets, an overloaded server sees retries only as fast as it answers.
"""

from threading import Lock
from typing import Final

CAPACITY: Final = 10.0  # tokens; enough for the requests in flight that a failing worker takes down
TOKENS_PER_ANSWER: Final = 1.0
TOKENS_PER_SECOND: Final = 1.0  # a server that was down is found again although no answer earned a token


class RetryBudget:
    """Tokens for retries, shared by all questions of a client. Thread-safe; times are in seconds of one clock."""

    def __init__(self, now: float) -> None:
        """Start with a full budget."""
        self._tokens = CAPACITY
        self._filled_at = now
        self._lock = Lock()

    def earn(self) -> None:
        """Add the tokens for an answer."""
        with self._lock:
            self._add(TOKENS_PER_ANSWER)

    def spend(self, now: float) -> bool:
        """Take a token for a retry; return whether there was one."""
        with self._lock:
            self._add(TOKENS_PER_SECOND * (now - self._filled_at))
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def _add(self, tokens: float) -> None:
        self._tokens = min(CAPACITY, self._tokens + tokens)
