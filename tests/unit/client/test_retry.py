"""The decision after a failure, case by case, and how it is logged."""

import logging
import re
from typing import Any

import pytest

from luke_qa_client import AuthenticationError, BadRequestError, LukeQAError, OverloadedError, TimedOutError, _retry
from luke_qa_client._keys import Keys
from luke_qa_client._policy import Policy
from luke_qa_client._retry import Decision, Failure, Reason, decide, draw_backoff
from luke_qa_client._settings import read_settings

FULL = OverloadedError("Full.", status=503)
WRONG = BadRequestError("Wrong.", status=400)
REFUSED = AuthenticationError("Refused.", status=400)
UNREADABLE = AuthenticationError("Unreadable.")
BUSY = OverloadedError("Busy.", status=429)
PAST = TimedOutError("Past.", status=504, type="deadline_exceeded", field="deadline_ms")
SLOW = TimedOutError("Slow.")
TOO_LONG = TimedOutError("Too long.", status=504, type="deadline_exceeded")


def failure(error: LukeQAError, **what: Any) -> Failure:
    known = {
        "is_health": False,
        "deadline_is_ours": True,
        "timed_out_before": False,
        "took": 1.0,
        "timeout": 30.0,
        "first_timeout": 30.0,
        "left": 100.0,
        "can_renew_key": False,
        "key_was_read": False,
    }
    return Failure(error, **{**known, **what})


@pytest.mark.parametrize(
    ("failed", "decision"),
    [
        (failure(FULL), Decision(Reason.TEMPORARY, 0.5)),
        (failure(OverloadedError("Full.", status=503, retry_after=7)), Decision(Reason.TEMPORARY, 7.5)),
        (failure(BUSY), Decision(Reason.TEMPORARY, 0.5)),
        (failure(OverloadedError("Busy.", status=429, retry_after=7)), Decision(Reason.TEMPORARY, 7.5)),
        (failure(OverloadedError("Busy.", status=429, retry_after=97)), Decision(Reason.TEMPORARY, None)),
        (failure(FULL, left=3.6), Decision(Reason.TEMPORARY, 0.5)),
        (failure(FULL, left=3.4), Decision(Reason.TEMPORARY, None)),
        (failure(WRONG), Decision(Reason.PERMANENT, None)),
        (failure(REFUSED), Decision(Reason.PERMANENT, None)),
        (failure(REFUSED, can_renew_key=True), Decision(Reason.KEY_REFUSED, 0)),
        (failure(REFUSED, can_renew_key=True, left=1), Decision(Reason.KEY_REFUSED, None)),
        (failure(UNREADABLE, can_renew_key=True), Decision(Reason.PERMANENT, None)),
        (failure(UNREADABLE, key_was_read=True), Decision(Reason.KEY_UNREADABLE, 0.5)),
        (failure(PAST), Decision(Reason.CLOCKS_DIFFER, 0)),
        (failure(PAST, took=28), Decision(Reason.TIMED_OUT, 0.5)),
        (failure(PAST, took=28, timed_out_before=True), Decision(Reason.TIMED_OUT_AGAIN, None)),
        (failure(SLOW, took=30), Decision(Reason.TIMED_OUT, 0.5)),
        (failure(SLOW, took=30, left=30.6), Decision(Reason.TIMED_OUT, 0.5)),
        (failure(SLOW, took=30, left=30.4), Decision(Reason.TIMED_OUT, None)),
        (failure(SLOW, took=30, timed_out_before=True), Decision(Reason.TIMED_OUT_AGAIN, None)),
        (failure(TOO_LONG, took=20), Decision(Reason.TIMED_OUT, 0.5)),
        (failure(TOO_LONG, took=20, timed_out_before=True), Decision(Reason.TIMED_OUT_AGAIN, None)),
        (failure(TOO_LONG, took=20, deadline_is_ours=False), Decision(Reason.TIMED_OUT, 0.5)),
        (failure(TimedOutError("Slow body.", status=408)), Decision(Reason.TIMED_OUT, 0.5)),
        (failure(FULL, timed_out_before=True), Decision(Reason.TEMPORARY, 0.5)),
        (failure(PAST, deadline_is_ours=False), Decision(Reason.PERMANENT, None)),
        (failure(FULL, is_health=True), Decision(Reason.ASKED_ONCE, None)),
        (failure(REFUSED, is_health=True, can_renew_key=True), Decision(Reason.KEY_REFUSED, 0)),
    ],
)
def test_a_failure_is_decided_on(failed: Failure, decision: Decision) -> None:
    assert decide(failed, backoff=0.5) == decision


def test_the_backoff_is_bounded_however_many_failures_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_retry, "PAUSE_BOUNDS", (1.0, 2.0))
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    assert [draw_backoff(failures) for failures in (1, 2, 3, 10_000)] == [1, 2, 2, 2]


@pytest.mark.parametrize(
    ("error", "level", "line"),
    [
        (FULL, logging.WARNING, r"The server replied 503 \(OverloadedError\)\. Retrying for up to 60 s\.$"),
        (WRONG, logging.DEBUG, r"Not retrying request mine after BadRequestError \(status 400\): a retry would fail"),
        (
            OverloadedError("Full.", status=503, retry_after=999),
            logging.DEBUG,
            r"Not retrying request mine after OverloadedError \(status 503\): no time is left",
        ),
    ],
)
def test_each_decision_is_logged_with_its_reason_and_without_the_message(
    error: LukeQAError, level: int, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = read_settings("http://127.0.0.1:1", timeout=30, total_timeout=60, verify=None, model="m")
    call = Policy(settings, Keys(None)).question("q", "c", {"request_id": "mine"})
    with caplog.at_level(logging.DEBUG, logger="luke_qa_client"):
        call.after_failure(error)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("luke_qa_client", level)
    assert re.match(line, record.getMessage())
    assert error.message not in record.getMessage()
