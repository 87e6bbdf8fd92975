"""Many questions asked in threads."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial

from .._answers import Answer
from .._errors import LukeQAError
from .._request import Pair
from .groups import GROUPS_PER_REQUEST, Group, Outcome, Results, detached, group_pairs
from .in_flight import InFlight
from .threads import DaemonThreadPool

Sleep = Callable[[float], None]
AskGroup = Callable[[Group, Sleep], Sequence[Answer]]  # raises a LukeQAError; pauses between attempts with this sleep


def ask_groups(
    pairs: Iterable[Pair], ask: AskGroup, concurrency: int, progress: Callable[[int], object] | None
) -> Iterator[Answer | LukeQAError]:
    """Yield for each pair, in order, its answer or its error; see ``LukeQAClient.ask_many``."""
    pool: DaemonThreadPool[Results] = DaemonThreadPool(concurrency)
    count = 0
    try:
        for future in _submit_groups(pairs, ask, pool, concurrency):
            results = future.result()
            count += len(results)
            if progress is not None:
                progress(count)
            yield from results
    finally:
        pool.cancel()


def _submit_groups(
    pairs: Iterable[Pair], ask: AskGroup, pool: DaemonThreadPool[Results], concurrency: int
) -> Iterator[Future[Results]]:
    in_flight: InFlight[Results] = InFlight(GROUPS_PER_REQUEST * concurrency)
    for group in group_pairs(pairs):
        yield from in_flight.add(pool.submit(partial(_ask_group, group, ask, pool.sleep)))
    yield from in_flight.drain()


def _ask_group(group: Group, ask: AskGroup, sleep: Sleep) -> Results:
    sleep(0)  # raises if the pool was cancelled
    outcome = _outcome(group, ask, sleep)
    if singles := group.split(outcome):
        return [result for single in singles for result in _ask_group(single, ask, sleep)]
    return group.results(outcome)


def _outcome(group: Group, ask: AskGroup, sleep: Sleep) -> Outcome:
    if group.problem is not None:
        return group.problem
    try:
        return ask(group, sleep)
    except LukeQAError as error:
        return detached(error)
