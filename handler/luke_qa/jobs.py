"""What becomes of a request on its way through the service."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from luke_qa.backends.base import Logits
from luke_qa.errors import RequestError
from luke_qa.preparation import Prepared
from luke_qa.request import Request

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A valid request, tokenized."""

    request_id: str
    digest: str
    request: Request
    prepared: Prepared


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """A request that gets this error instead of an answer."""

    request_id: str
    error: RequestError


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A job and the logits of its windows."""

    job: Job
    logits: Sequence[Logits]

    @property
    def request_id(self) -> str:
        return self.job.request_id


@dataclass(frozen=True, slots=True, eq=False)
class Pairs(Generic[Part]):
    """A request of pairs; the parts have an outcome each."""

    request_id: str
    parts: tuple[Part, ...]


# Before the computation, and after it.
Ready = Job | Failed | Pairs[Job | Failed]
Result = Computed | Failed | Pairs[Computed | Failed]


def parts_of(request: Part | Pairs[Part]) -> tuple[Part, ...]:
    """Return the parts of a request: itself, unless it is one of pairs."""
    return request.parts if isinstance(request, Pairs) else (request,)
