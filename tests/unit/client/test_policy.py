"""The policy without a network, on a clock that only pauses and tries advance."""

import json
import pickle
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from luke_qa_client import (
    Answer,
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    LukeQAError,
    NotFoundError,
    OverloadedError,
    ServerError,
    TimedOutError,
    TooLargeError,
    _budget,
    _policy,
    _retry,
)
from luke_qa_client._keys import Keys
from luke_qa_client._policy import Call, Policy
from luke_qa_client._settings import read_settings
from luke_qa_client._transport.base import Attempt, Reply
from tests.unit.client.stub import native_answer, refusal

NOON = 1_790_000_000.0
CONTEXT = "私は苺が好きです。"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(_policy, "_now", lambda: NOON + clock.now)
    monkeypatch.setattr(_retry, "PAUSE_BOUNDS", (1.0, 2.0, 4.0, 8.0))
    return clock


def make_policy(*, token: Keys | None = None, **arguments: Any) -> Policy:
    given = {"timeout": 30.0, "total_timeout": 120.0, "verify": None, "model": "m", **arguments}
    return Policy(read_settings("http://127.0.0.1:1", **given), token or Keys(None))


Step = tuple[float, Reply | LukeQAError]  # the seconds it takes, and its result


def answered(attempt: Attempt) -> Reply:
    return Reply(200, json.dumps(native_answer(json.loads(attempt.body or b"{}"))).encode())


def refused(code: int, type: str = "t", *, field: str | None = None, **rest: Any) -> Reply:
    return Reply(code, json.dumps(refusal(code, type, field=field)).encode(), **rest)


def hung(attempt: Attempt) -> TimedOutError:
    return TimedOutError("No reply.", request_id=attempt.request_id)


def drive(call: Call[Any], clock: Clock, *steps: Any, took: float = 0.01) -> tuple[Any, list[Attempt]]:
    """Return the result or error of a call that meets these steps and then an answer, and the tries that it sent."""
    left, sent = list(steps), []

    def one_try() -> Any:
        attempt = call.next_try()
        sent.append(attempt)
        step = left.pop(0) if left else answered
        found = step(attempt) if callable(step) else step
        clock.now += attempt.timeout if isinstance(found, TimedOutError) else took
        if isinstance(found, LukeQAError):
            raise found
        return call.read(found)

    while True:
        try:
            return one_try(), sent
        except LukeQAError as error:
            pause = call.after_failure(error).pause
            if pause is None:
                return error, sent
        clock.sleep(pause)
        while (pause := call.pause_for_budget()) > 0:
            clock.sleep(pause)


def deadlines(sent: list[Attempt]) -> list[int | None]:
    return [json.loads(attempt.body or b"{}").get("deadline_ms") for attempt in sent]


@pytest.mark.parametrize(
    "step",
    [
        ConnectionFailedError("Refused."),
        refused(429, "overloaded"),
        refused(503, "not_ready"),
        refused(503, "ServiceUnavailableException"),
        refused(500, "engine_error"),
        refused(500, "InternalServerException"),
        refused(503, "InternalServerException"),
        refused(504, "queue_timeout"),
        refused(507, "out_of_memory"),
        Reply(502, b"<html>a proxy</html>"),
        Reply(429, b""),
    ],
)
def test_what_may_pass_is_asked_again(clock: Clock, step: Any) -> None:
    call = make_policy().question("q", CONTEXT, {"request_id": "mine"})
    answer, sent = drive(call, clock, step, step)
    assert isinstance(answer, Answer)
    assert len(sent) == 3
    assert {attempt.request_id for attempt in sent} == {"mine"}


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (refused(400, "invalid_option", field="top_k"), BadRequestError),
        (refused(400, "InvalidKeyException"), AuthenticationError),
        (refused(401, "unauthorized"), AuthenticationError),
        (refused(403), AuthenticationError),
        (refused(404), NotFoundError),
        (refused(413), TooLargeError),
        (refused(422, "crashes_workers"), BadRequestError),
        (refused(429, "too_many_wrong_keys"), AuthenticationError),
        (Reply(501, b""), ServerError),
        (Reply(505, b""), ServerError),
        (Reply(302, b""), ServerError),
        (Reply(200, b"{}"), ServerError),
        (Reply(200, b"<html>"), ServerError),
        (ConnectionFailedError("Untrusted.", type="CERTIFICATE_VERIFY_FAILED"), ConnectionFailedError),
    ],
)
def test_what_will_not_pass_is_asked_once(clock: Clock, step: Any, error: type[LukeQAError]) -> None:
    raised, sent = drive(make_policy().question("q", CONTEXT, {}), clock, step)
    assert type(raised) is error
    assert (len(sent), raised.tries, clock.pauses) == (1, 1, [])


def test_pauses_are_drawn_below_a_bound_that_doubles(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[float] = []

    def highest(low: float, high: float) -> float:
        bounds.append(low)
        return high

    monkeypatch.undo()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr("random.uniform", highest)
    drive(make_policy(total_timeout=60).question("q", CONTEXT, {}), clock, *[refused(503)] * 9)
    assert clock.pauses == [0.25, 0.5, 1, 2, 4, 8, 8, 8, 8]
    assert set(bounds) == {0}  # full jitter


def test_the_last_error_is_raised_and_says_how_many_tries_there_were(clock: Clock) -> None:
    steps = [refused(503), *[ConnectionFailedError("Refused.")] * 999]
    raised, sent = drive(make_policy().question("q", CONTEXT, {"request_id": "mine"}), clock, *steps)
    assert isinstance(raised, ConnectionFailedError)
    assert raised.request_id == "mine"
    assert raised.tries == len(sent) > 2
    assert f"tries {len(sent)}" in str(raised)
    assert 90 < clock.now <= 120


def test_no_try_outlives_the_total_and_none_begins_with_too_little_of_it(clock: Clock) -> None:
    refusals = [refused(503)] * 99
    raised, sent = drive(make_policy(timeout=30, total_timeout=70).question("q", CONTEXT, {}), clock, *refusals)
    assert isinstance(raised, OverloadedError)
    assert all(3 <= attempt.timeout <= 30 for attempt in sent)
    assert 70 - 3 - 8 <= clock.now <= 70


LOST = Reply(504, b"<html>a proxy's own</html>")


@pytest.mark.parametrize("step", [hung, LOST, refused(408, "request_timeout"), refused(504, "deadline_exceeded")])
def test_a_timeout_is_retried_once_with_all_the_time_that_is_left(clock: Clock, step: Any) -> None:
    answer, sent = drive(make_policy().question("q", CONTEXT, {}), clock, step)
    assert isinstance(answer, Answer)
    (pause,) = clock.pauses
    began = clock.now - 0.01
    assert [attempt.timeout for attempt in sent] == [30, 120 - began]
    assert deadlines(sent) == [round(1000 * (NOON + 30)), round(1000 * (NOON + 120))]
    assert pause <= 1
    raised, sent = drive(make_policy().question("q", CONTEXT, {}), clock, *[step] * 9)
    assert isinstance(raised, TimedOutError)
    assert (len(sent), raised.tries) == (2, 2)


def test_a_timeout_is_not_retried_with_less_time(clock: Clock) -> None:
    raised, sent = drive(make_policy(timeout=30, total_timeout=59).question("q", CONTEXT, {}), clock, hung)
    assert isinstance(raised, TimedOutError)
    assert (len(sent), clock.now) == (1, 30)


def test_the_servers_time_limit_is_not_met_twice(clock: Clock) -> None:
    limit = refused(504, "deadline_exceeded")
    call = make_policy().question("q", "苺" * 90_000, {})
    raised, sent = drive(call, clock, limit, took=100)
    assert isinstance(raised, TimedOutError)
    assert len(sent) == 1


def test_after_a_retried_timeout_other_failures_are_still_retried(clock: Clock) -> None:
    answer, sent = drive(make_policy().question("q", CONTEXT, {}), clock, hung, refused(503), refused(429))
    assert isinstance(answer, Answer)
    assert len(sent) == 4
    raised, sent = drive(make_policy().question("q", CONTEXT, {}), clock, hung, refused(503), hung)
    assert isinstance(raised, TimedOutError)
    assert len(sent) == 3


def test_what_was_not_computed_is_asked_again_however_often_it_waited(clock: Clock) -> None:
    waited = refused(504, "queue_timeout")  # after half a minute of waiting
    answer, sent = drive(make_policy().question("q", CONTEXT, {}), clock, hung, waited, waited, took=30)
    assert isinstance(answer, Answer)
    assert len(sent) == 4
    raised, sent = drive(make_policy().question("q", CONTEXT, {}), clock, *[waited] * 9, took=30)
    assert isinstance(raised, OverloadedError)
    assert len(sent) == 4
    assert "To wait longer, raise total_timeout=" in raised.message


@pytest.mark.parametrize(
    ("questions", "context", "seconds"),
    [
        (["q"], CONTEXT, 0),
        (["q"], "苺" * 10_000, 10),
        (["q"], ["苺" * 10_000] * 3, 30),
        (["q"] * 16, "苺" * 2000, 32),
        (["何" * 500] * 2, "苺" * 500, 2),
    ],
)
def test_a_try_has_more_time_the_more_is_asked(clock: Clock, questions: list[str], context: Any, seconds: int) -> None:
    for timeout in (1, 30):
        call = make_policy(timeout=timeout).questions(questions, context, {})
        assert call.next_try().timeout == timeout + seconds


def test_no_try_has_more_time_than_the_total_however_much_is_asked(clock: Clock) -> None:
    assert make_policy().question("q", "苺" * 200_000, {}).next_try().timeout == 120


def test_health_has_the_plain_timeout(clock: Clock) -> None:
    assert make_policy(timeout=7).health().next_try().timeout == 7


IN_TIME: dict[str, Any] = {"deadline_ms": round(1000 * (NOON + 20))}


@pytest.mark.parametrize(
    ("step", "took", "arguments", "options", "advice"),
    [
        (hung, 0, {}, {}, "Raise total_timeout="),
        (hung, 0, {"total_timeout": 20}, {}, "Raise total_timeout="),
        (hung, 0, {"total_timeout": 50}, {}, "Raise timeout= (LUKE_QA_TIMEOUT"),
        (hung, 0, {}, IN_TIME, "Set a later deadline_ms"),
        (refused(504, "deadline_exceeded", field="deadline_ms"), 19, {}, IN_TIME, "Set a later deadline_ms"),
        (refused(504, "deadline_exceeded", field="deadline_ms"), 29, {"total_timeout": 50}, {}, "Raise timeout="),
        (refused(504, "deadline_exceeded"), 10, {"total_timeout": 35}, {}, "Send less text"),
        (LOST, 10, {"total_timeout": 35}, {}, "Send less text"),
    ],
)
def test_a_timeout_names_what_helps(
    clock: Clock, step: Any, took: float, arguments: Any, options: Any, advice: str
) -> None:
    call = make_policy(**arguments).question("q", CONTEXT, options)
    raised, _ = drive(call, clock, *[step] * 2, took=took)
    assert isinstance(raised, TimedOutError)
    assert advice in raised.message
    assert "end less text or fewer questions per request" in raised.message
    assert raised.message.count("less text") == 1
    assert str(raised).startswith(raised.message)
    assert pickle.loads(pickle.dumps(raised)).args == (raised.message,)


def test_a_health_that_timed_out_names_the_timeout(clock: Clock) -> None:
    raised, _ = drive(make_policy(timeout=7).health(), clock, hung)
    assert raised.message == "No reply. Raise timeout= (LUKE_QA_TIMEOUT, --timeout)."


def test_a_slow_upload_is_no_reason_to_ask_less(clock: Clock) -> None:
    raised, _ = drive(make_policy().question("q", CONTEXT, {}), clock, *[refused(408, "request_timeout")] * 2)
    assert raised.message == "This is request_timeout."


def test_a_timeout_longer_than_the_total_is_cut_to_it(clock: Clock) -> None:
    raised, sent = drive(make_policy(timeout=30, total_timeout=5).question("q", CONTEXT, {}), clock, hung)
    assert ([attempt.timeout for attempt in sent], raised.tries) == ([5], 1)


def test_where_a_pause_took_longer_than_it_should_the_error_before_it_is_raised(clock: Clock) -> None:
    clock.sleep = lambda seconds: setattr(clock, "now", 11.0)  # type: ignore[method-assign]
    raised, sent = drive(make_policy(total_timeout=10).question("q", CONTEXT, {}), clock, *[refused(503)] * 9)
    assert isinstance(raised, OverloadedError)
    assert (raised.tries, len(sent)) == (1, 1)


def retry_after(value: str) -> Reply:
    return refused(429, "overloaded", retry_after=value)


@pytest.mark.parametrize(
    ("value", "within"),
    [
        ("20", 1.5),
        (" 20 ", 1.5),
        # Cut to a second, and read a moment later.
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True), 5.0),
    ],
)
def test_retry_after_is_kept(clock: Clock, value: str | Callable[[], str], within: float) -> None:
    text = value() if callable(value) else value
    answer, _ = drive(make_policy().question("q", CONTEXT, {}), clock, retry_after(text))
    assert isinstance(answer, Answer)
    assert clock.pauses == [pytest.approx(20, abs=within)]


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"),
        *(f"Fri, 01 Jan {year} 00:00:00 GMT" for year in (0, 10_000, 10**12, 10**400)),
    ],
)
def test_a_retry_after_that_says_nothing_changes_nothing(clock: Clock, value: str) -> None:
    drive(make_policy().question("q", CONTEXT, {}), clock, retry_after(value))
    assert 0 <= clock.pauses[0] <= 1


def test_a_retry_after_beyond_the_total_is_not_waited_for(clock: Clock) -> None:
    raised, sent = drive(make_policy().question("q", CONTEXT, {}), clock, retry_after("600"))
    assert isinstance(raised, OverloadedError)
    assert (raised.retry_after, len(sent), clock.pauses) == (600, 1, [])


def test_each_try_tells_the_server_when_it_ends(clock: Clock) -> None:
    _, sent = drive(make_policy(timeout=2).question("q", CONTEXT, {}), clock, hung)
    assert deadlines(sent) == [round(1000 * (NOON + 2)), round(1000 * (NOON + 120))]
    clock.now, clock.pauses = 0.0, []
    _, sent = drive(make_policy(timeout=2).question("q", CONTEXT, {}), clock, refused(503))
    assert deadlines(sent) == [
        round(1000 * (NOON + 2)),
        round(1000 * (NOON + 0.01 + clock.pauses[0] + 2)),
    ]


def test_a_deadline_of_the_callers_is_kept_and_bounds_the_waiting(clock: Clock) -> None:
    deadline = round(1000 * (NOON + 7))
    call = make_policy(timeout=3).question("q", CONTEXT, {"deadline_ms": deadline})
    raised, sent = drive(call, clock, *[hung] * 9)
    assert isinstance(raised, TimedOutError)
    assert deadlines(sent) == [round(1000 * (NOON + 3)), deadline]  # each try's end, never later than the caller's
    assert sent[0].timeout == 3
    assert clock.now == pytest.approx(7, abs=0.001)


def test_a_deadline_of_the_callers_that_the_server_found_past_is_final(clock: Clock) -> None:
    call = make_policy().question("q", CONTEXT, {"deadline_ms": round(1000 * (NOON + 20))})
    raised, sent = drive(call, clock, refused(504, "deadline_exceeded", field="deadline_ms"))
    assert isinstance(raised, TimedOutError)
    assert (raised.status, len(sent)) == (504, 1)


def test_only_a_deadline_of_the_callers_is_sent_to_a_server_whose_clock_differs(clock: Clock) -> None:
    deadline = round(1000 * (NOON + 60))
    past = refused(504, "deadline_exceeded", field="deadline_ms")
    call = make_policy().question("q", CONTEXT, {"deadline_ms": deadline})
    raised, sent = drive(call, clock, past, past)
    assert isinstance(raised, TimedOutError)
    assert deadlines(sent) == [round(1000 * (NOON + 30)), deadline]


def test_what_is_past_already_is_not_sent(clock: Clock) -> None:
    raised, sent = drive(make_policy().question("q", CONTEXT, {"deadline_ms": 1000, "request_id": "mine"}), clock)
    assert isinstance(raised, TimedOutError)
    assert (raised.field, raised.request_id, sent) == ("deadline_ms", "mine", [])


@pytest.mark.parametrize("deadline", ["soon", 1.5, True])
def test_a_deadline_that_is_none_is_for_the_server_to_refuse(clock: Clock, deadline: Any) -> None:
    _, sent = drive(make_policy().question("q", CONTEXT, {"deadline_ms": deadline}), clock)
    assert (deadlines(sent), sent[0].timeout) == ([deadline], 30)


TOO_LATE = refused(504, "deadline_exceeded", field="deadline_ms")


def test_a_server_whose_clock_is_ahead_is_asked_without_a_deadline_from_then_on(clock: Clock) -> None:
    policy = make_policy()
    answer, sent = drive(policy.question("q", CONTEXT, {}), clock, TOO_LATE)
    assert isinstance(answer, Answer)
    assert deadlines(sent)[1] is None
    assert clock.pauses == [0]
    _, sent = drive(policy.question("q", CONTEXT, {}), clock)
    assert deadlines(sent) == [None]


def test_a_try_that_a_busy_server_comes_to_at_its_end_is_one_that_timed_out(clock: Clock) -> None:
    policy = make_policy()
    answer, sent = drive(policy.question("q", CONTEXT, {}), clock, TOO_LATE, took=29.0)
    assert isinstance(answer, Answer)
    assert len(sent) == 2
    assert None not in deadlines(sent)
    assert policy.sends_deadlines


def test_those_that_were_in_flight_when_the_clocks_were_found_to_differ_are_asked_again_too(clock: Clock) -> None:
    policy = make_policy()
    slower, faster = policy.question("q", CONTEXT, {}), policy.question("q", CONTEXT, {})

    def meanwhile(attempt: Attempt) -> Reply:
        drive(faster, clock, TOO_LATE)
        return TOO_LATE

    answer, sent = drive(slower, clock, meanwhile)
    assert isinstance(answer, Answer)
    assert deadlines(sent)[1:] == [None]


def exhaust(policy: Policy) -> None:
    while policy.budget.take((0.0, 0), time.monotonic()) == 0:
        pass
    policy.budget.leave((0.0, 0))


def test_a_retry_without_a_token_waits_for_an_answer(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_budget, "TOKENS_PER_SECOND", 0.0)
    policy = make_policy()
    exhaust(policy)
    waiting = policy.question("q", CONTEXT, {})
    waiting.next_try()
    waiting.after_failure(OverloadedError("Full.", status=503))
    assert waiting.pause_for_budget() > 0
    drive(policy.question("q", CONTEXT, {}), clock)
    assert waiting.pause_for_budget() == 0


def test_a_retry_that_never_gets_a_token_fails_at_the_end_of_its_time(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_budget, "TOKENS_PER_SECOND", 0.0)
    policy = make_policy()
    exhaust(policy)
    with pytest.raises(OverloadedError) as caught:
        drive(policy.question("q", CONTEXT, {}), clock, refused(503))
    assert caught.value.tries == 1
    assert clock.now == pytest.approx(120 - 3)


def test_retries_at_once_need_no_token(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_budget, "TOKENS_PER_SECOND", 0.0)
    policy = make_policy(token=Keys(None, Provider("old", "new")))
    exhaust(policy)
    answer, sent = drive(policy.question("q", CONTEXT, {}), clock, WRONG_KEY)
    assert isinstance(answer, Answer)
    assert len(sent) == 2


class Provider:
    def __init__(self, *keys: str | LukeQAError) -> None:
        self.keys = list(keys)
        self.read = 0

    def __call__(self) -> str:
        self.read += 1
        key = self.keys.pop(0)
        if isinstance(key, LukeQAError):
            raise key
        return key


WRONG_KEY = refused(400, "InvalidKeyException")


def test_a_key_is_read_at_first_use_and_kept(clock: Clock) -> None:
    provider = Provider("one")
    policy = make_policy(token=Keys(None, provider))
    assert provider.read == 0
    for _ in range(3):
        _, sent = drive(policy.question("q", CONTEXT, {}), clock)
        assert [attempt.token for attempt in sent] == ["one"]
    assert provider.read == 1


def test_a_refused_key_is_read_again_at_once(clock: Clock) -> None:
    policy = make_policy(token=Keys(None, Provider("old", "new")))
    answer, sent = drive(policy.question("q", CONTEXT, {}), clock, WRONG_KEY)
    assert isinstance(answer, Answer)
    assert [attempt.token for attempt in sent] == ["old", "new"]
    assert clock.pauses == [0]


def test_health_reads_a_refused_key_again_but_asks_no_more_than_that(clock: Clock) -> None:
    policy = make_policy(token=Keys(None, Provider("old", "new")))
    health, sent = drive(policy.health(), clock, WRONG_KEY, Reply(200, b'{"status": "Healthy"}'))
    assert health.ready
    assert [attempt.token for attempt in sent] == ["old", "new"]
    raised, sent = drive(policy.health(), clock, ConnectionFailedError("Refused."))
    assert isinstance(raised, ConnectionFailedError)
    assert len(sent) == 1


def test_a_key_that_is_refused_twice_is_an_error(clock: Clock) -> None:
    policy = make_policy(token=Keys(None, Provider("old", "older")))
    raised, sent = drive(policy.question("q", CONTEXT, {}), clock, WRONG_KEY, WRONG_KEY)
    assert isinstance(raised, AuthenticationError)
    assert (raised.tries, len(sent)) == (2, 2)


def test_whoever_was_refused_the_old_key_takes_the_new_one_that_another_has_read(clock: Clock) -> None:
    provider = Provider("old", "new")
    policy = make_policy(token=Keys(None, provider))

    def meanwhile(attempt: Attempt) -> Reply:
        drive(policy.question("q", CONTEXT, {}), clock, WRONG_KEY)
        return WRONG_KEY

    answer, sent = drive(policy.question("q", CONTEXT, {}), clock, meanwhile)
    assert isinstance(answer, Answer)
    assert [attempt.token for attempt in sent] == ["old", "new"]
    assert provider.read == 2


def test_a_key_that_cannot_be_read_just_when_it_changes_is_read_again_after_a_pause(clock: Clock) -> None:
    missing = AuthenticationError("It cannot be read.")
    policy = make_policy(token=Keys(None, Provider("old", missing, "two words", "new")))
    answer, sent = drive(policy.question("q", CONTEXT, {}), clock, WRONG_KEY)
    assert isinstance(answer, Answer)
    assert [attempt.token for attempt in sent] == ["old", "new"]
    assert len(clock.pauses) == 3


def test_whoever_comes_while_the_key_changes_waits_for_the_new_one_too(clock: Clock) -> None:
    missing = AuthenticationError("It cannot be read.")
    provider = Provider("old", *[missing] * 99)
    policy = make_policy(token=Keys(None, provider))
    raised, _ = drive(policy.question("q", CONTEXT, {"request_id": "mine"}), clock, WRONG_KEY)
    assert (raised, raised.request_id) == (missing, "mine")
    assert 90 < clock.now <= 120
    provider.keys = [missing, "new"]
    answer, sent = drive(policy.question("q", CONTEXT, {}), clock)
    assert isinstance(answer, Answer)
    assert [attempt.token for attempt in sent] == ["new"]


def test_a_key_that_could_never_be_read_is_an_error_at_once(clock: Clock) -> None:
    missing = AuthenticationError("It cannot be read.")
    policy = make_policy(token=Keys(None, Provider(missing)))
    raised, sent = drive(policy.question("q", CONTEXT, {}), clock)
    assert (raised, sent, clock.pauses) == (missing, [], [])


def test_a_key_of_two_words_is_an_authentication_error_with_the_requests_id(clock: Clock) -> None:
    policy = make_policy(token=Keys(None, Provider("two words")))
    raised, sent = drive(policy.question("q", CONTEXT, {"request_id": "mine"}), clock)
    assert isinstance(raised, AuthenticationError)
    assert (raised.request_id, sent) == ("mine", [])
    assert "two words" not in str(raised)
