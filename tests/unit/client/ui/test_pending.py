"""The question that a visitor waits for, whatever the order of requests and replies."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from typing import Any

import pytest

from luke_qa_client._ui.pending import Pending
from luke_qa_client._ui.problems import Problem, Trouble
from luke_qa_client._ui.session import Asked

FOUND = [Problem(Trouble.FAILED, str(number)) for number in range(4)]


class Search:
    """A search that ends when it is told to."""

    def __init__(self, found: Problem | Exception) -> None:
        self.found = found
        self.began, self.given_up, self.ended = False, False, False
        self.ends = asyncio.Event()

    async def __call__(self) -> Asked | Problem:
        self.began = True
        try:
            await self.ends.wait()
        except asyncio.CancelledError:
            self.given_up = True
            raise
        finally:
            self.ended = True
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


async def until(happened: Callable[[], bool]) -> None:
    """Let the other tasks run, and not a step longer."""
    while not happened():
        await asyncio.sleep(0)


async def begin(pending: Pending, number: int, found: Problem | Exception) -> tuple[Search, asyncio.Task[None]]:
    """Ask, and wait until the search has begun; return the search and the asking."""
    search = Search(found)
    asking = asyncio.create_task(pending.ask(number, search))
    await until(lambda: search.began)
    return search, asking


def run(scenario: Callable[[Pending], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario(Pending()))


def test_a_result_is_kept_until_it_is_taken() -> None:
    async def scenario(pending: Pending) -> None:
        search, asking = await begin(pending, 1, FOUND[1])
        assert pending.take() is None
        search.ends.set()
        await asking
        assert (pending.take(), pending.take()) == (FOUND[1], None)

    run(scenario)


def test_a_cancelled_question_gives_its_search_up_and_has_no_result() -> None:
    async def scenario(pending: Pending) -> None:
        search, asking = await begin(pending, 1, FOUND[1])
        pending.cancel(1)
        await asking
        assert (search.given_up, pending.take()) == (True, None)

    run(scenario)


def test_a_cancel_that_comes_before_its_question_is_for_this_one_alone() -> None:
    async def scenario(pending: Pending) -> None:
        pending.cancel(1)
        searches = [Search(FOUND[number]) for number in range(3)]
        for number in (1, 2):
            searches[number].ends.set()
            await pending.ask(number, searches[number])
        assert (searches[1].began, pending.take()) == (False, FOUND[2])

    run(scenario)


def test_a_late_cancel_does_not_touch_the_next_question() -> None:
    async def scenario(pending: Pending) -> None:
        old, asking_old = await begin(pending, 1, FOUND[1])
        new, asking_new = await begin(pending, 2, FOUND[2])
        pending.cancel(1)
        new.ends.set()
        await asyncio.gather(asking_old, asking_new)
        assert (old.given_up, pending.take()) == (True, FOUND[2])

    run(scenario)


def test_a_cancel_that_comes_with_the_result_drops_it() -> None:
    async def scenario(pending: Pending) -> None:
        search, asking = await begin(pending, 1, FOUND[1])
        search.ends.set()
        await until(lambda: search.ended)  # and the question has not heard of it
        pending.cancel(1)
        await asking
        assert pending.take() is None

    run(scenario)


def test_a_cancel_after_the_result_drops_what_was_not_taken() -> None:
    async def scenario(pending: Pending) -> None:
        search = Search(FOUND[1])
        search.ends.set()
        await pending.ask(1, search)
        pending.cancel(1)
        assert pending.take() is None

    run(scenario)


def test_an_older_question_that_comes_late_does_not_touch_a_newer_one() -> None:
    async def scenario(pending: Pending) -> None:
        old = Search(FOUND[1])
        new, asking = await begin(pending, 2, FOUND[2])
        await pending.ask(1, old)
        new.ends.set()
        await asking
        assert (old.began, pending.take()) == (False, FOUND[2])

    run(scenario)


def test_a_request_that_the_browser_repeats_takes_the_place_of_the_first() -> None:
    async def scenario(pending: Pending) -> None:
        first, asking_first = await begin(pending, 1, FOUND[1])
        second, asking_second = await begin(pending, 1, FOUND[2])
        second.ends.set()
        await asyncio.gather(asking_first, asking_second)
        assert (first.given_up, pending.take()) == (True, FOUND[2])

    run(scenario)


def test_it_knows_which_questions_came_and_which_have_ended() -> None:
    async def scenario(pending: Pending) -> None:
        search, asking = await begin(pending, 1, FOUND[1])
        assert (pending.last, pending.ended) == (1, 0)
        search.ends.set()
        await asking
        pending.cancel(2)
        assert (pending.last, pending.ended) == (1, 1)
        await pending.ask(2, search)
        assert (pending.last, pending.ended) == (2, 2)

    run(scenario)


@pytest.mark.parametrize("cancelled", [False, True])
def test_an_unexpected_error_reaches_the_caller_unless_nobody_waits(cancelled: bool) -> None:
    async def scenario(pending: Pending) -> None:
        search, asking = await begin(pending, 1, ValueError("unexpected"))
        search.ends.set()
        await until(lambda: search.ended)
        if cancelled:
            pending.cancel(1)
        with nullcontext() if cancelled else pytest.raises(ValueError, match="unexpected"):
            await asking
        assert pending.take() is None

    run(scenario)


def test_a_request_that_ends_gives_its_search_up() -> None:
    async def scenario(pending: Pending) -> None:
        search, asking = await begin(pending, 1, FOUND[1])
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert search.given_up

    run(scenario)
