"""How many questions of a page are asked together."""

import asyncio

import pytest

from luke_qa_client._ui.turns import FullError, Turns


def test_some_come_in_some_wait_in_order_and_the_rest_is_turned_away() -> None:
    inside: list[int] = []
    turns = Turns(at_once=2, waiting=2)

    async def visit(number: int, leave: asyncio.Event) -> None:
        async with turns.turn():
            inside.append(number)
            await leave.wait()

    async def run() -> None:
        leave = [asyncio.Event() for _ in range(5)]
        visits = [asyncio.create_task(visit(number, leave[number])) for number in range(4)]
        await settled()
        assert inside == [0, 1]
        with pytest.raises(FullError):
            await visit(4, leave[4])
        leave[1].set()
        await settled()
        assert inside == [0, 1, 2]
        visits[3].cancel()  # one that waits gives its place to another
        await settled()
        visits.append(asyncio.create_task(visit(4, leave[4])))
        await settled()
        for each in leave:
            each.set()
        outcomes = await asyncio.gather(*visits, return_exceptions=True)
        assert inside == [0, 1, 2, 4]
        assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [False] * 3 + [True, False]

    asyncio.run(run())


async def settled() -> None:
    """Let every task run until it waits for something that does not come by itself."""
    for _ in range(10):
        await asyncio.sleep(0)
