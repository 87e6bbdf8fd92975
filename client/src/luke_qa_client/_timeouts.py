"""How long a try may take, and what helps when that was too short. No I/O."""

from enum import StrEnum
from typing import Final

from ._errors import TimedOutError
from ._retry import Failure

CHARACTERS_PER_SECOND: Final = 1000  # a slow server's pace; see ``AskRequest.characters``


class Limit(StrEnum):
    """What ended a try that timed out, as advice for the caller."""

    TIMEOUT = "Raise timeout= (LUKE_QA_TIMEOUT, --timeout), or ask less at once."
    TOTAL_TIMEOUT = "Raise total_timeout= (for the command: --timeout), or ask less at once."
    DEADLINE = "Set a later deadline_ms, or ask less at once."
    SERVER = "Ask less at once: fewer questions, or a shorter context."
    HEALTH = "Raise timeout= (LUKE_QA_TIMEOUT, --timeout)."


def try_timeout(timeout: float, characters: int) -> float:
    """Return the seconds that a try may take: ``timeout``, and 1 s for every ``CHARACTERS_PER_SECOND``."""
    return timeout + characters // CHARACTERS_PER_SECOND


def find_limit(failure: Failure, clients: Limit) -> Limit | None:
    """Return what ended a try: ``clients``, which is the least of the client's limits, or another; None if unknown."""
    error = failure.error
    if failure.is_health:
        return Limit.HEALTH
    if error.field == "deadline_ms" and not failure.deadline_is_ours:
        return Limit.DEADLINE
    if error.status == 408:  # the request was slow, not the answer
        return None
    return Limit.SERVER if failure.ended_early else clients


def add_advice(error: TimedOutError, limit: Limit) -> None:
    """Append the advice to the error's message."""
    error.message = f"{error.message} {limit.value}"
    error.args = (error.message,)
