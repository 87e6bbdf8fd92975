"""What became of the questions of one group of callers, counted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any


class Fate(StrEnum):
    """What became of a question."""

    RIGHT = "right"
    WRONG = "wrong"
    REFUSED = "refused"  # a 4xx or 5xx that says why, in the wire's shape
    LOST = "lost"  # no reply, or one that says nothing


@dataclass(frozen=True, slots=True)
class Call:
    """A question: when it was asked, in seconds of the machine's monotonic clock, how long it took, and its fate.

    Attributes:
        why: the status and the type of an error, or the exception; empty for an answer.
    """

    asked: float
    took: float
    fate: Fate
    why: str = ""

    @property
    def ended(self) -> float:
        return self.asked + self.took


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a group.

    Attributes:
        silence: the longest time in seconds after the harm without a right answer.
        slowest: seconds of the slowest right answer.
        reasons: how often each reason for a refusal or loss was given.
    """

    asked: int
    right: int
    wrong: int
    refused: int
    lost: int
    silence: float
    slowest: float
    reasons: dict[str, int]


def judge_reply(status: int, body: bytes, expected: tuple[str, int | None]) -> tuple[Fate, str]:
    """Return the fate of a question, and why, from a reply by HTTP; ``expected`` is the answer and its offset."""
    try:
        reply: Any = json.loads(body)
    except ValueError:
        reply = None
    if status == 200:
        is_right = isinstance(reply, dict) and (reply.get("answer"), reply.get("start")) == expected
        return (Fate.RIGHT, "") if is_right else (Fate.WRONG, "200")
    if isinstance(reply, dict) and reply.get("code") == status and reply.get("type") and reply.get("message"):
        return Fate.REFUSED, f"{status} {reply['type']}"
    return Fate.LOST, f"{status} without a reason"


def tally(calls: Sequence[Call], harmed: float, ended: float) -> Tally:
    """Count the calls; the harm was done at ``harmed``, and no question was asked after ``ended``."""
    counts = {fate: sum(call.fate is fate for call in calls) for fate in Fate}
    reasons: dict[str, int] = {}
    for call in calls:
        if call.why:
            reasons[call.why] = reasons.get(call.why, 0) + 1
    answered = [call for call in calls if call.fate is Fate.RIGHT]
    return Tally(
        len(calls),
        **{fate.value: count for fate, count in counts.items()},
        silence=longest_silence([call.ended for call in answered], harmed, ended),
        slowest=max((call.took for call in answered), default=0.0),
        reasons=reasons,
    )


def longest_silence(answered: Sequence[float], harmed: float, ended: float) -> float:
    """Return the longest time between ``harmed`` and ``ended`` without an answer at one of the times ``answered``."""
    moments = [harmed, *sorted(moment for moment in answered if harmed < moment < ended), max(harmed, ended)]
    return max(after - before for before, after in pairwise(moments))
