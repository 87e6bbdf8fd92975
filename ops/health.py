"""Whether the server can be believed: judged by what it does, not by whether its port is open."""

import math
import threading
import time

from ops.observation import Observation


class Health:
    """The latest evidence. Written by the supervisor and its canary, read by the control address.

    Args:
        fresh: seconds for which an observation, or an answer that left the server, is evidence.
        canary_fresh: the same for an answer to the canary, which waits in the queue like any other question.
    """

    def __init__(self, fresh: float = 5.0, canary_fresh: float = 30.0) -> None:
        self._fresh = fresh
        self._canary_fresh = canary_fresh
        self._lock = threading.Lock()
        self._draining = False
        self._observed: tuple[float, Observation] | None = None
        self._canary: float | None = None
        self._answered: tuple[float, int] | None = None

    def drain(self) -> None:
        """Be unready from now on: the server is about to stop."""
        with self._lock:
            self._draining = True

    def restarted(self) -> None:
        """Forget the evidence of a server that is gone."""
        with self._lock:
            self._observed = self._canary = self._answered = None

    def observed(self, observation: Observation) -> None:
        """Note what the management API says."""
        with self._lock:
            self._observed = time.monotonic(), observation

    def canary_answered(self) -> None:
        """Note that a question was answered."""
        with self._lock:
            self._canary = time.monotonic()

    def since_canary(self) -> float:
        """Return the seconds since a question was answered; infinity if none was since the server started."""
        with self._lock:
            return math.inf if self._canary is None else time.monotonic() - self._canary

    def answered(self, total: int) -> None:
        """Note how many requests were answered so far: work in progress counts like a canary."""
        with self._lock:
            if self._answered is None or self._answered[1] != total:
                self._answered = time.monotonic(), total

    @property
    def observation(self) -> Observation | None:
        """The latest observation, unless it is too old."""
        with self._lock:
            if self._observed is None or time.monotonic() - self._observed[0] > self._fresh:
                return None
            return self._observed[1]

    def obstacle(self) -> str | None:
        """Return why the server is not ready; None if it is."""
        observation = self.observation
        with self._lock:
            if self._draining:
                return "it is stopping"
            if observation is None:
                return "its management address does not reply"
            if not observation.ready:
                return "no worker is ready"
            now = time.monotonic()
            if self._canary is None:
                return "it has not answered a question yet"
            answered = self._answered is not None and now - self._answered[0] <= self._fresh
            if not answered and now - self._canary > self._canary_fresh:
                return "it no longer answers questions"
        return None
