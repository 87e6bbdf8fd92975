"""Pairs put together, answers taken apart, and both kept in order. No I/O."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ._answers import Answer
from ._errors import BadRequestError, LukeQAError, TooLargeError
from ._request import Context, Pair, check_pair

# Questions of one context are sent together, so that the server reads the context once. How long
# a request takes goes by questions times context: bounded, it stays far from the timeout.
MAX_QUESTIONS_TOGETHER: Final = 16
MAX_CHARACTERS_TOGETHER: Final = 100_000

# Groups that are held for each that is being asked: a slow one does not leave the others idle behind it.
AHEAD: Final = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive questions of one context."""

    questions: Sequence[str]
    context: Context

    def singly(self, outcome: Sequence[Answer] | LukeQAError) -> list["Group"]:
        """Return the questions one by one where that helps: a bad one refuses the whole list; else nothing."""
        if len(self.questions) > 1 and isinstance(outcome, BadRequestError | TooLargeError):
            return [Group([question], self.context) for question in self.questions]
        return []

    def results(self, outcome: Sequence[Answer] | LukeQAError) -> Sequence[Answer | LukeQAError]:
        """Return each question's answer or error."""
        return [outcome] * len(self.questions) if isinstance(outcome, LukeQAError) else outcome


class Grouper:
    """Takes pairs, gives groups. It holds one group at most."""

    def __init__(self) -> None:
        self._questions: list[str] = []
        self._context: Context = ""

    def add(self, pair: Pair) -> list[Group]:
        """Take a pair; return the group that is whole by that, if one is."""
        question, context = pair
        check_pair(question, context)
        fits = context == self._context and len(self._questions) < _most_together(context)
        whole = [] if fits else self.rest()
        self._questions.append(question)
        self._context = context
        return whole

    @property
    def holds_one(self) -> bool:
        """Whether there is a group that may still grow."""
        return bool(self._questions)

    def rest(self) -> list[Group]:
        """Return the group that is held, if one is."""
        held, self._questions = self._questions, []
        return [Group(held, self._context)] if held else []


def group_pairs(pairs: Iterable[Pair]) -> Iterator[Group]:
    """Yield the groups of `pairs`."""
    grouper = Grouper()
    for pair in pairs:
        yield from grouper.add(pair)
    yield from grouper.rest()


class Window(Generic[T]):
    """What is being asked, in order; a bounded number."""

    def __init__(self, concurrency: int) -> None:
        self._size = AHEAD * concurrency
        self._pending: deque[Future[T]] = deque()

    def add(self, pending: "Future[T]") -> "Iterator[Future[T]]":
        """Take one more; yield those from the front that are done, or that must be waited for now."""
        self._pending.append(pending)
        while self._pending and (len(self._pending) >= self._size or self._pending[0].done()):
            yield self._pending.popleft()

    def rest(self) -> "Iterator[Future[T]]":
        """Yield all that are left, to be waited for."""
        while self._pending:
            yield self._pending.popleft()


def detached(error: LukeQAError) -> LukeQAError:
    """Return the error as a result: without what led to it, which holds the request, and millions may be kept."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def check_concurrency(concurrency: int) -> None:
    """Raise ValueError for what is no number of groups."""
    if not isinstance(concurrency, int) or concurrency < 1:
        raise ValueError(f"concurrency is {concurrency}, and must be a whole number above 0.")


def _most_together(context: Context) -> int:
    if not isinstance(context, str):
        return 1  # the server takes many questions or many documents, not both
    return min(MAX_QUESTIONS_TOGETHER, MAX_CHARACTERS_TOGETHER // max(len(context), 1))
