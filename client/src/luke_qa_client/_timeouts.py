"""How long an attempt may take, and what helps if that was too short. No I/O."""

from enum import StrEnum
from typing import Final

from ._retry import Failure

CHARACTERS_PER_SECOND: Final = 1000  # a slow server's pace; see ``AskRequest.characters``

_SEND_LESS: Final = "send less text or fewer questions per request"


class Limit(StrEnum):
    """What ended an attempt that timed out, as advice for the caller."""

    TIMEOUT = f"Raise timeout= (LUKE_QA_TIMEOUT, --timeout), or {_SEND_LESS}."
    TOTAL_TIMEOUT = f"Raise total_timeout= (for the command: --timeout), or {_SEND_LESS}."
    DEADLINE = f"Set a later deadline_ms, or {_SEND_LESS}."
    SERVER = "Send less text or fewer questions per request."
    HEALTH = "Raise timeout= (LUKE_QA_TIMEOUT, --timeout)."


def try_timeout(timeout: float, characters: int) -> float:
    """Return the seconds that an attempt may take: ``timeout``, and 1 s for every ``CHARACTERS_PER_SECOND``."""
    return timeout + characters // CHARACTERS_PER_SECOND


def find_limit(failure: Failure, clients: Limit) -> Limit | None:
    """Return what ended an attempt: ``clients``, the lowest of the client's limits, or another; None if unknown."""
    error = failure.error
    if failure.is_health:
        return Limit.HEALTH
    if error.field == "deadline_ms" and not failure.deadline_is_ours:
        return Limit.DEADLINE
    if error.status == 408:  # the request was slow, not the answer
        return None
    return Limit.SERVER if failure.ended_early else clients
