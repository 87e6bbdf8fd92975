"""The retry budget of one client: it keeps retries from making an overload worse. No I/O.

A retry spends a token. Each answer earns one, and so does each second; the budget holds at most ``CAPACITY`` tokens.
A retry without a token waits for one, so the budget delays retries but never prevents them. Waiting
questions get tokens in the order of their deadlines.

However many questions fail, a client therefore sends at most ``CAPACITY`` + answers + seconds retries: in the long run
about one for each answer. As in Finagle's retry budgets, an overloaded server sees retries only as fast as it answers.
"""

from bisect import bisect_left, insort
from threading import Lock
from typing import Final

CAPACITY: Final = 10.0  # tokens; enough for the requests in flight that a failing worker takes down
TOKENS_PER_ANSWER: Final = 1.0
TOKENS_PER_SECOND: Final = 1.0  # retries find a server that is up again, although no answer earned a token
MEASURED: Final = 1.0  # seconds over which the rate of tokens is measured
EXPECTED: Final = 50.0  # the least tokens a second to expect, so that a server that is up again is noticed
PAUSE_BOUNDS: Final = (0.005, 4.0)  # seconds until a waiting question asks again
GONE: Final = 1.0  # a question that is later than this, in seconds, has lost its place

Turn = tuple[float, int]  # when the question's time ends, and a number of its own


class RetryBudget:
    """Tokens for retries, shared by all questions of a client. Thread-safe; times are in seconds of one clock."""

    def __init__(self, now: float) -> None:
        """Start with a full budget."""
        self._tokens = CAPACITY
        self._filled_at = now
        self._earned, self._counted_from, self._rate = 0.0, now, TOKENS_PER_SECOND
        self._queue: list[Turn] = []  # those who wait, in their order
        self._due: dict[Turn, float] = {}  # when each asks again
        self._lock = Lock()

    def earn(self) -> None:
        """Add the tokens for an answer."""
        with self._lock:
            self._earned += TOKENS_PER_ANSWER
            self._add(TOKENS_PER_ANSWER)

    def take(self, turn: Turn, now: float) -> float:
        """Take a token for a retry, and return 0. If there is none, return in how many seconds to ask again.

        The pause is until the token is due at the rate of the last second: of thousands who wait, most ask seldom.
        A question that does not ask again, such as a cancelled one, loses its place.
        """
        with self._lock:
            self._advance(now)
            while self._queue and self._due[self._queue[0]] + GONE < now:
                self._remove(self._queue[0])
            if turn not in self._due:
                insort(self._queue, turn)
            before = bisect_left(self._queue, turn)
            if before + 1 <= self._tokens:
                self._tokens -= 1
                self._remove(turn)
                return 0.0
            shortest, longest = PAUSE_BOUNDS
            due = (before + 1 - self._tokens) / max(self._rate, EXPECTED)
            pause = max(shortest, min(due, longest))
            self._due[turn] = now + pause
            return pause

    def leave(self, turn: Turn) -> None:
        """Give up waiting."""
        with self._lock:
            if turn in self._due:
                self._remove(turn)

    def _advance(self, now: float) -> None:
        self._add(TOKENS_PER_SECOND * (now - self._filled_at))
        self._filled_at = now
        if (seconds := now - self._counted_from) >= MEASURED:
            self._rate = TOKENS_PER_SECOND + self._earned / seconds
            self._earned, self._counted_from = 0.0, now

    def _add(self, tokens: float) -> None:
        self._tokens = min(CAPACITY, self._tokens + tokens)

    def _remove(self, turn: Turn) -> None:
        del self._queue[bisect_left(self._queue, turn)]
        self._due.pop(turn, None)
