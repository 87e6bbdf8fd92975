"""What to send, how to read the reply, and what to do after a failure. No I/O.

A client creates a ``Call`` for every question and repeats: send ``call.next_try()``, return ``call.read(reply)``, and
on a ``LukeQAError`` do what ``call.after_failure(error)`` decides.

Each attempt sends the time at which it ends as ``deadline_ms``, so that the server need not compute answers nobody is
waiting for. This requires clocks that agree; ``_retry`` detects those that do not.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from ._advice import advice, append, tries_advice
from ._answers import Answer, Health
from ._budget import RetryBudget
from ._documents import Context
from ._errors import BadRequestError, LukeQAError, TimedOutError
from ._keys import Keys
from ._quoting import with_excerpt
from ._reply import read_answer, read_answers, read_health, read_outcomes
from ._request import AskOptions, AskRequest, Pair, ask_request, pairs_request
from ._retry import AT_ONCE, FINAL, MIN_TRY_SHARE, Decision, Failure, Reason, decide, draw_backoff
from ._settings import Settings
from ._timeouts import Limit, find_limit, try_timeout
from ._transport.base import Attempt, Reply

_T = TypeVar("_T")

QUIET_SECONDS: Final = 10.0  # between two warnings of a client: an overload is many failures

_log: Final = logging.getLogger("luke_qa_client")


class Policy:
    """The rules of one client, and what it has learnt about its server."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self.settings = settings
        self.keys = keys
        self.budget = RetryBudget(time.monotonic())
        self.sends_deadlines = True
        self.quiet_until = -math.inf  # monotonic seconds; until then, failures are no further warnings

    def question(self, question: str, context: Context, options: AskOptions) -> "Call[Answer]":
        """Return the call that asks one question; it and its context have been checked."""
        request = ask_request(question, context, options)

        def read(reply: Reply) -> Answer:
            return with_excerpt(read_answer(reply, request.request_id), context, is_utf16=request.is_utf16)

        return Call(self, request, read)

    def questions(self, questions: Sequence[str], context: Context, options: AskOptions) -> "Call[list[Answer]]":
        """Return the call that asks questions about one context; its pairs have been checked."""
        count = len(questions)
        request = ask_request(questions if count > 1 else questions[0], context, options)

        def read(reply: Reply) -> list[Answer]:
            id = request.request_id
            answers = read_answers(reply, id, count) if count > 1 else [read_answer(reply, id)]
            return [with_excerpt(answer, context, is_utf16=request.is_utf16) for answer in answers]

        return Call(self, request, read)

    def pairs(self, pairs: Sequence[Pair | BadRequestError], options: AskOptions) -> "Call[list[Answer | LukeQAError]]":
        """Return the call that asks questions with a context each; what is no pair is its own outcome."""
        # Something stands in the place of such a pair, so that the numbers in the server's messages are the caller's.
        sent = [("", "") if isinstance(pair, BadRequestError) else pair for pair in pairs]
        request = pairs_request(sent, options)

        def read(reply: Reply) -> list[Answer | LukeQAError]:
            outcomes = read_outcomes(reply, request.request_id, len(pairs))
            return [_outcome(*each, is_utf16=request.is_utf16) for each in zip(pairs, outcomes, strict=True)]

        return Call(self, request, read)

    def health(self) -> "Call[Health]":
        """Return the call that asks for the server's health."""
        return Call(self, None, read_health)


class Call(Generic[_T]):
    """One question with all its attempts."""

    def __init__(self, policy: Policy, request: AskRequest | None, read: Callable[[Reply], _T]) -> None:
        """Start the clock. Without a request, the call asks for the server's health, once."""
        self._read = read
        self._policy = policy
        self._request = request
        timeout = policy.settings.timeout
        total, self._total_limit = policy.settings.total_timeout, Limit.TOTAL_TIMEOUT
        if request is None:
            total = timeout
        elif request.deadline_ms is not None and (until := request.deadline_ms / 1000 - _now()) < total:
            total, self._total_limit = until, Limit.DEADLINE
        self._began = time.monotonic()
        self._ends = self._began + total
        self._longest_try = timeout if request is None else try_timeout(timeout, request.characters)
        self._first_timeout = min(self._longest_try, total)
        self._token: str | None = None
        self._try_began, self._try_timeout = 0.0, 0.0
        self._tries = self._failures = 0
        self._last_error: LukeQAError | None = None
        self._deadline_is_ours = self._key_renewed = self._timed_out = self._awaits_budget = False

    @property
    def request_id(self) -> str | None:
        """The request's id; None for a call that asks for the server's health."""
        return None if self._request is None else self._request.request_id

    @property
    def server(self) -> str:
        """The server's host and port."""
        return self._policy.settings.target.authority

    @property
    def tries(self) -> int:
        """The number of attempts so far."""
        return self._tries

    def next_try(self) -> Attempt:
        """Return what to send now.

        Raises:
            TimedOutError: the caller's deadline has passed.
            AuthenticationError: the key cannot be read.
        """
        now = time.monotonic()
        timeout = min(self._longest_try, self._ends - now)
        if timeout <= 0:
            message = "The deadline passed before the question could be sent."
            raise self._last_error or TimedOutError(message, type="deadline_exceeded", field="deadline_ms")
        self._token = self._policy.keys.current()
        self._tries += 1
        self._try_began, self._try_timeout = now, timeout
        if self._request is None:
            return Attempt(None, None, self._token, timeout)
        ends_at_callers = self._total_limit is Limit.DEADLINE and timeout < self._longest_try
        self._deadline_is_ours = self._policy.sends_deadlines and not ends_at_callers
        deadline_ms = round(1000 * (_now() + timeout)) if self._deadline_is_ours else None
        return Attempt(self._request.body(deadline_ms), self._request.request_id, self._token, timeout)

    def read(self, reply: Reply) -> _T:
        """Return the result, or raise the error that the reply reports."""
        result = self._read(reply)
        self._policy.budget.earn()
        return result

    def after_failure(self, error: LukeQAError) -> Decision:
        """Decide what to do after a failed attempt. Everything that a failure changes is changed here."""
        self._failures += 1
        self._last_error = error
        error.tries = self._tries
        if self._request is not None and error.request_id is None:
            error.request_id = self._request.request_id
        failure = self._failure(error)
        decision = decide(failure, draw_backoff(self._failures))
        if decision.pause is None:
            self._advise(failure, decision.reason)
        elif decision.reason is Reason.KEY_REFUSED:
            self._key_renewed = True
            self._policy.keys.discard(self._token)
        elif decision.reason is Reason.CLOCKS_DIFFER:
            self._policy.sends_deadlines = False
        elif decision.reason is Reason.TIMED_OUT:
            self._timed_out = True
            self._longest_try = math.inf
        self._awaits_budget = decision.reason not in AT_ONCE
        self._log(error, decision)
        return decision

    def pause_for_budget(self) -> float:
        """Return the seconds to wait, after the pause, before asking the retry budget again; 0 to retry now.

        Raises:
            LukeQAError: no time is left; it is the error of the last attempt.
        """
        if not self._awaits_budget:
            return 0.0
        now, turn = time.monotonic(), (self._ends, id(self))
        pause = self._policy.budget.take(turn, now)
        room = self._ends - now - MIN_TRY_SHARE * self._first_timeout
        if pause > 0 and room <= 0 and self._last_error is not None:
            self._policy.budget.leave(turn)
            append(self._last_error, self._tries_advice())
            raise self._last_error
        return max(0.0, min(pause, room))

    def _advise(self, failure: Failure, reason: Reason) -> None:
        error = failure.error
        if isinstance(error, TimedOutError):
            of_client = self._total_limit if self._try_timeout < self._longest_try else Limit.TIMEOUT
            limit = find_limit(failure, of_client)
            append(error, limit.value if limit else None)
        elif reason in FINAL:
            append(error, advice(error, self._policy.settings, key_was_sent=self._token is not None))
        else:
            append(error, self._tries_advice())

    def _tries_advice(self) -> str | None:
        return tries_advice(self._tries, time.monotonic() - self._began, self._total_limit)

    def _failure(self, error: LukeQAError) -> Failure:
        now = time.monotonic()
        keys = self._policy.keys
        return Failure(
            error=error,
            is_health=self._request is None,
            deadline_is_ours=self._deadline_is_ours,
            timed_out_before=self._timed_out,
            took=now - self._try_began,
            timeout=self._try_timeout,
            first_timeout=self._first_timeout,
            left=self._ends - now,
            can_renew_key=keys.can_be_read and not self._key_renewed,
            key_was_read=keys.were_read,
        )

    def _log(self, error: LukeQAError, decision: Decision) -> None:
        """Log a decision: a failure as a warning, at most one in ``QUIET_SECONDS``, and other retries as information.

        A server's message may be private, so it is not logged.
        """
        now = time.monotonic()
        name, status, reason = type(error).__name__, error.status, decision.reason.value
        if decision.pause is None:
            why = reason if decision.reason in FINAL else "no time is left"
            _log.debug("Not retrying request %s after %s (status %s): %s", error.request_id, name, status, why)
        elif decision.reason in AT_ONCE or now < self._policy.quiet_until:
            text = "Retrying request %s in %.2f s after %s (status %s, attempt %d): %s"
            _log.info(text, error.request_id, decision.pause, name, status, error.tries, reason)
        else:
            self._policy.quiet_until = now + QUIET_SECONDS
            what = error.message if error.status is None else f"The server replied {status} ({name})."
            _log.warning("%s Retrying for up to %.0f s.", what, self._ends - now)


def _outcome(pair: Pair | BadRequestError, outcome: Answer | LukeQAError, *, is_utf16: bool) -> Answer | LukeQAError:
    if isinstance(pair, BadRequestError):
        return pair
    return with_excerpt(outcome, pair[1], is_utf16=is_utf16) if isinstance(outcome, Answer) else outcome


def _now() -> float:
    """Return the Unix time in seconds, by this machine's clock."""
    return time.time()
