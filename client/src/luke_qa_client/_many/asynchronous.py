"""Many questions asked with asyncio."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from typing import Any

from .._answers import Answer
from .._errors import LukeQAError
from .._request import Pair
from .groups import Group, Outcome, Results, detached
from .reading import read_tasks

AskGroup = Callable[[Group], Awaitable[Sequence[Answer]]]  # raises a LukeQAError


async def ask_groups(
    pairs: Iterable[Pair] | AsyncIterable[Pair],
    ask: AskGroup,
    concurrency: int,
    progress: Callable[[int], object] | None,
) -> AsyncIterator[Answer | LukeQAError]:
    """Yield for each pair, in order, its answer or its error; see ``AsyncLukeQAClient.ask_many``."""
    slots = asyncio.Semaphore(concurrency)
    count = 0

    def begin(group: Group) -> Coroutine[Any, Any, Results]:
        return _ask_group(group, ask, slots)

    async with aclosing(read_tasks(pairs, begin, concurrency)) as tasks:
        async for task in tasks:
            results = await task
            count += len(results)
            if progress is not None:
                progress(count)
            for result in results:
                yield result


async def _ask_group(group: Group, ask: AskGroup, slots: asyncio.Semaphore) -> Results:
    async with slots:
        outcome = await _outcome(group, ask)
    if singles := group.split(outcome):
        return [result for single in singles for result in await _ask_group(single, ask, slots)]
    return group.results(outcome)


async def _outcome(group: Group, ask: AskGroup) -> Outcome:
    if group.problem is not None:
        return group.problem
    try:
        return await ask(group)
    except LukeQAError as error:
        return detached(error)
