"""Whether to retry a question, and after what pause. Pure decisions, no I/O.

Asking has no side effects, so everything that may succeed later is retried: a failed connection, a full queue, a
server error. Pauses have full jitter, so clients that failed together do not return together: each pause is random
between 0 and a bound that doubles. If there is a ``Retry-After``, the pause begins after it.

A timeout is retried once, and only if more time is left than the attempt had: a slow computation would take as long
again. The second attempt has all the time that is left.

Two failures are retried immediately, after a change that lets the next attempt succeed: a rejected key is read again,
and deadlines are no longer sent to a server whose clock differs from ours.
"""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ._errors import (
    AuthenticationError,
    ConnectionFailedError,
    LukeQAError,
    OverloadedError,
    ServerError,
    TimedOutError,
)
from ._statuses import UNTRUSTED, WRONG_PROTOCOL

PAUSE_BOUNDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds, by the number of failures; the last one repeats
UNABLE: Final = (501, 505)  # statuses of a server that knows no such request, and never will
MIN_TRY_SHARE: Final = 0.1  # of the first attempt's timeout; a shorter one would time out, and hide the real error
MAX_EARLY_SHARE: Final = 0.9  # of a timeout; if the server reports a missed deadline before, the clocks differ


class Reason(StrEnum):
    """What a failure means for the next attempt."""

    TEMPORARY = "the failure may be temporary"
    TIMED_OUT = "the next attempt has more time"
    TIMED_OUT_AGAIN = "the question has timed out before"
    PERMANENT = "a retry would fail in the same way"
    KEY_REFUSED = "the server rejected the key, and another can be read"
    KEY_UNREADABLE = "the key may be readable again soon"
    CLOCKS_DIFFER = "the server's clock differs from this machine's"
    ASKED_ONCE = "a health request is not retried"


AT_ONCE: Final = (Reason.KEY_REFUSED, Reason.CLOCKS_DIFFER)
FINAL: Final = (Reason.PERMANENT, Reason.TIMED_OUT_AGAIN, Reason.ASKED_ONCE)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt, and what its client knows.

    Attributes:
        error: why the attempt failed.
        is_health: whether it asked for the server's health.
        deadline_is_ours: whether the client sent a ``deadline_ms`` of its own, not the caller's.
        timed_out_before: whether an earlier attempt of the question timed out.
        took: seconds from the start of the attempt to its failure.
        timeout: seconds that the attempt could have taken.
        first_timeout: seconds that the first attempt of the question could have taken.
        left: seconds left for the question.
        can_renew_key: whether another key can be read, and none has been for this question.
        key_was_read: whether the source of keys has worked before.
    """

    error: LukeQAError
    is_health: bool
    deadline_is_ours: bool
    timed_out_before: bool
    took: float
    timeout: float
    first_timeout: float
    left: float
    can_renew_key: bool
    key_was_read: bool

    @property
    def ended_early(self) -> bool:
        """Whether the attempt ended well before its timeout."""
        return self.took <= MAX_EARLY_SHARE * self.timeout


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do after a failure.

    Attributes:
        reason: what the failure means.
        pause: seconds to wait before the next attempt, 0 for an immediate one; None gives up.
    """

    reason: Reason
    pause: float | None


def decide(failure: Failure, backoff: float) -> Decision:
    """Decide whether to retry a failure: at once, after a pause of at least ``backoff`` seconds, or not at all."""
    reason = find_reason(failure)
    if reason in FINAL:
        return Decision(reason, None)
    pause = 0.0 if reason in AT_ONCE else (failure.error.retry_after or 0.0) + backoff
    needed = failure.timeout if reason is Reason.TIMED_OUT else MIN_TRY_SHARE * failure.first_timeout
    return Decision(reason, pause if failure.left - pause > needed else None)


def find_reason(failure: Failure) -> Reason:
    """Return what a failure means for the next attempt."""
    error = failure.error
    if isinstance(error, AuthenticationError) and error.status is not None and failure.can_renew_key:
        return Reason.KEY_REFUSED
    if failure.is_health:
        return Reason.ASKED_ONCE
    if isinstance(error, TimedOutError):
        return _find_timeout_reason(failure)
    if isinstance(error, AuthenticationError) and error.status is None and failure.key_was_read:
        return Reason.KEY_UNREADABLE  # the server may be rewriting the key file
    return Reason.TEMPORARY if is_temporary(error) else Reason.PERMANENT


def is_temporary(error: LukeQAError) -> bool:
    """Return whether the same request may succeed later. Timeouts have a separate rule."""
    if isinstance(error, ConnectionFailedError):
        return error.type not in (UNTRUSTED, WRONG_PROTOCOL)
    is_fault = isinstance(error, ServerError) and (error.status or 0) >= 500 and error.status not in UNABLE
    return is_fault or isinstance(error, OverloadedError)


def draw_backoff(failures: int) -> float:
    """Return a random pause in seconds after this many consecutive failures."""
    return random.uniform(0, PAUSE_BOUNDS[min(failures, len(PAUSE_BOUNDS)) - 1])


def _find_timeout_reason(failure: Failure) -> Reason:
    if failure.error.status == 504 and failure.error.field == "deadline_ms":  # it had passed before the server began
        if not failure.deadline_is_ours:
            return Reason.PERMANENT
        if failure.ended_early:
            return Reason.CLOCKS_DIFFER
    return Reason.TIMED_OUT_AGAIN if failure.timed_out_before else Reason.TIMED_OUT
