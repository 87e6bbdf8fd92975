"""Pairs grouped into requests, and results in the order of the pairs. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .._answers import Answer
from .._documents import Context
from .._errors import BadRequestError, LukeQAError, TooLargeError
from .._request import Pair
from .._statuses import CRASHES_WORKERS
from .pairs import read_pair

Outcome = Sequence[Answer] | LukeQAError  # of one request
Results = Sequence[Answer | LukeQAError]  # one for each question

# Questions about one context share a request, so the server reads the context once. The duration of a request grows
# with questions times context; these bounds keep it below the server's time limit.
MAX_QUESTIONS_PER_GROUP: Final = 16
MAX_CHARACTERS_PER_GROUP: Final = 100_000

# Groups in progress for each concurrent request: with more than one, a slow group does not leave the others idle.
GROUPS_PER_REQUEST: Final = 2


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive questions about one context; or one pair that cannot be asked, with its ``problem``."""

    questions: Sequence[str]
    context: Context
    problem: BadRequestError | None = None

    def split(self, outcome: Outcome) -> list["Group"]:
        """Return the questions one by one if one bad question may have failed the whole request, else nothing.

        A request that has killed workers is not sent again in parts: each part could kill workers too.
        """
        is_bad = isinstance(outcome, BadRequestError | TooLargeError) and outcome.type != CRASHES_WORKERS
        if is_bad and len(self.questions) > 1:
            return [Group([question], self.context) for question in self.questions]
        return []

    def results(self, outcome: Outcome) -> Results:
        """Return the answer or error of each question."""
        return [outcome] * len(self.questions) if isinstance(outcome, LukeQAError) else outcome


class Grouper:
    """Turns a stream of pairs into groups. It holds at most one group."""

    def __init__(self) -> None:
        self._questions: list[str] = []
        self._context: Context = ""

    def add(self, given: object) -> list[Group]:
        """Add a pair; return the groups that are complete: the previous one if the pair does not fit into it."""
        pair = read_pair(given)
        if isinstance(pair, BadRequestError):
            return [*self.flush(), Group([""], "", pair)]
        question, context = pair
        fits = context == self._context and len(self._questions) < _max_questions(context)
        complete = [] if fits else self.flush()
        self._questions.append(question)
        self._context = context
        return complete

    @property
    def is_empty(self) -> bool:
        """Whether no group is held."""
        return not self._questions

    def flush(self) -> list[Group]:
        """Return the group that is held, if any."""
        held, self._questions = self._questions, []
        return [Group(held, self._context)] if held else []


def group_pairs(pairs: Iterable[Pair]) -> Iterator[Group]:
    """Yield the groups of ``pairs``."""
    grouper = Grouper()
    for pair in pairs:
        yield from grouper.add(pair)
    yield from grouper.flush()


def detached(error: LukeQAError) -> LukeQAError:
    """Return the error without its traceback and causes: they reference the request, and a caller may keep millions."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def check_concurrency(concurrency: int) -> None:
    """Check the number of concurrent requests.

    Raises:
        ValueError: it is not a positive integer.
    """
    if not isinstance(concurrency, int) or concurrency < 1:
        raise ValueError(f"concurrency must be a positive integer, not {concurrency!r}.")


def _max_questions(context: Context) -> int:
    if not isinstance(context, str):
        return 1  # the server takes many questions or many documents, not both
    return min(MAX_QUESTIONS_PER_GROUP, MAX_CHARACTERS_PER_GROUP // max(len(context), 1))
