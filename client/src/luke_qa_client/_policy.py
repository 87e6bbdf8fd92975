"""What to send, what to ask again and after how long, and which error it is in the end. No I/O.

A client makes a `Call` for every question and drives it through tenacity: `call.next_try()` says what to send,
`call.read(reply)` what the reply means, and `call.rules` whether and when there is another try.

Asking changes nothing on the server, so all that may pass by itself is asked again: a connection that fails, a reply
that does not come, a full queue, a fault of the server. The pauses are drawn at random (full jitter, so that many
clients do not come back together) below a bound that doubles; a longer Retry-After is kept.

A try tells the server when it will have been given up, as ``deadline_ms``: a server that comes to it later need not
compute. That wants clocks that agree. Where the server says 504 while by our clock the try has much of its time left,
they do not, and the client goes on without such deadlines.
"""

import time
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from tenacity import RetryCallState, stop_before_delay, wait_random_exponential

from ._answers import Answer, Health
from ._errors import AuthenticationError, LukeQAError, OverloadedError, ServerError, TimedOutError, TransportError
from ._groups import Group
from ._keys import Keys
from ._reply import Reply, read_answer, read_answers, read_health
from ._request import AskOptions, AskRequest, Context, ask_request, check_pair
from ._settings import Settings
from ._statuses import UNTRUSTED
from ._transport import Attempt

_T = TypeVar("_T")

_PAUSE: Final = wait_random_exponential(multiplier=0.25, max=8)  # seconds: below 0.25, 0.5, 1 … 8
_LEAST: Final = 0.1  # of a try's time: one with less left would fail, and hide why the one before it did
_NEARLY_ALL: Final = 0.9  # of a try's time: before that, its end cannot be past but by another clock


def may_pass(error: LukeQAError) -> bool:
    """Return whether the same request may be answered later.

    No status 4xx is among them: a limit of calls (429) is for the caller to keep.
    """
    if isinstance(error, TransportError) and error.status is None:
        return error.type != UNTRUSTED
    if error.type == "deadline_exceeded":
        return False
    return isinstance(error, OverloadedError | ServerError | TimedOutError) and (error.status or 0) >= 500


class Policy:
    """The rules of one client, and what it has learnt of its server."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self.settings = settings
        self.keys = keys
        self.sends_deadlines = True

    def question(self, question: str, context: Context, options: AskOptions) -> "Call[Answer]":
        """Return the call that asks a question."""
        check_pair(question, context)
        request = ask_request(question, context, options)
        return Call(self, request, lambda reply: read_answer(reply, request.request_id))

    def group(self, group: Group, options: AskOptions) -> "Call[list[Answer]]":
        """Return the call that asks all questions of a group."""
        if len(group.questions) == 1:
            request = ask_request(group.questions[0], group.context, options)
            return Call(self, request, lambda reply: [read_answer(reply, request.request_id)])
        count = len(group.questions)
        request = ask_request(group.questions, group.context, options)
        return Call(self, request, lambda reply: read_answers(reply, request.request_id, count))

    def health(self) -> "Call[Health]":
        """Return the call that asks for the server's health, as it is now."""
        return Call(self, None, read_health)


class Call(Generic[_T]):
    """One question with all its tries."""

    def __init__(self, policy: Policy, request: AskRequest | None, read: Callable[[Reply], _T]) -> None:
        """Begin: from now on the time counts. No request is a question for the server's health, asked once."""
        self._policy = policy
        self._request = request
        self.read = read
        self._total = policy.settings.timeout if request is None else policy.settings.total_timeout
        if request is not None and request.deadline_ms is not None:
            self._total = min(self._total, request.deadline_ms / 1000 - _now())
        self._ends = time.monotonic() + self._total
        self._tries = 0
        self._try_began, self._try_timeout = 0.0, 0.0
        self._failed: LukeQAError | None = None
        self._token: str | None = None
        self._knows_key_refused = False
        self._at_once = False

    @property
    def rules(self) -> dict[str, Any]:
        """Tenacity's arguments."""
        return {
            "retry": self._is_tried_again,
            "wait": self._pause,
            "stop": stop_before_delay(self._total - _LEAST * min(self._total, self._policy.settings.timeout)),
            "reraise": True,
        }

    def next_try(self) -> Attempt:
        """Return what to send now.

        Raises:
            TimedOutError: the caller's deadline has passed.
            AuthenticationError: the key cannot be read.
        """
        now = time.monotonic()
        timeout = min(self._policy.settings.timeout, self._ends - now)
        if timeout <= 0:
            message = "The deadline had passed before the question could be sent."
            raise self._failed or TimedOutError(message, type="deadline_exceeded", field="deadline_ms")
        self._token = self._policy.keys.current()
        self._tries += 1
        self._try_began, self._try_timeout = now, timeout
        if self._request is None:
            return Attempt(None, None, self._token, timeout)
        deadline_ms = round(1000 * (_now() + timeout)) if self._policy.sends_deadlines else None
        return Attempt(self._request.body(deadline_ms), self._request.request_id, self._token, timeout)

    def _is_tried_again(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome is not None else None
        if not isinstance(error, LukeQAError):
            return False
        self._failed = error
        error.tries = self._tries
        if self._request is not None and error.request_id is None:
            error.request_id = self._request.request_id
        self._at_once = self._has_another_key(error) or self._has_another_clock(error)
        passes = may_pass(error) or self._came_too_late(error) or self._may_find_key(error)
        return self._at_once or (self._request is not None and passes)

    def _pause(self, state: RetryCallState) -> float:
        if self._at_once:
            return 0.0
        asked_for = self._failed.retry_after if self._failed is not None else None
        return max(_PAUSE(state), asked_for or 0.0)

    def _has_another_key(self, error: LukeQAError) -> bool:
        if not isinstance(error, AuthenticationError) or error.status is None or self._knows_key_refused:
            return False
        self._knows_key_refused = True
        return self._policy.keys.discard(self._token)

    def _may_find_key(self, error: LukeQAError) -> bool:
        """Return whether the key cannot be read, but could be: its file is caught while the server writes a new one."""
        return isinstance(error, AuthenticationError) and error.status is None and self._policy.keys.have_been_read

    def _has_another_clock(self, error: LukeQAError) -> bool:
        """Return whether the server held this try for over long before it was, and note it."""
        taken = time.monotonic() - self._try_began
        if not self._came_too_late(error) or taken > _NEARLY_ALL * self._try_timeout:
            return False
        self._policy.sends_deadlines = False
        return True

    def _came_too_late(self, error: LukeQAError) -> bool:
        """Return whether the server found the end of this try past: the client's own, not the caller's deadline."""
        own = self._request is not None and "deadline_ms" not in self._request.message
        return own and isinstance(error, TimedOutError) and error.status == 504 and error.field == "deadline_ms"


def _now() -> float:
    """Return the time of day as this machine's clock has it, in seconds since 1970."""
    return time.time()
