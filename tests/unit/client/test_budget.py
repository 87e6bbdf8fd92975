"""The retry budget: tokens earned by answers and by time, spent by retries."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from luke_qa_client import _budget
from luke_qa_client._budget import CAPACITY, GONE, PAUSE_BOUNDS, TOKENS_PER_ANSWER, TOKENS_PER_SECOND, RetryBudget

NUMBERS = count()


def spent(budget: RetryBudget, now: float, tries: int = 1000) -> int:
    """How many of so many retries get a token. Those that do not give up."""
    turns = [(now, next(NUMBERS)) for _ in range(tries)]
    got = sum(budget.take(turn, now) == 0 for turn in turns)
    for turn in turns:
        budget.leave(turn)
    return got


def test_a_new_budget_is_full() -> None:
    assert spent(RetryBudget(5.0), 5.0) == CAPACITY


def test_an_answer_earns_a_retry() -> None:
    budget = RetryBudget(0.0)
    spent(budget, 0.0)
    for _ in range(3):
        budget.earn()
    assert spent(budget, 0.0) == 3 * TOKENS_PER_ANSWER


def test_time_earns_a_retry_as_well() -> None:
    budget = RetryBudget(0.0)
    spent(budget, 0.0)
    assert spent(budget, 0.9 / TOKENS_PER_SECOND) == 0
    assert spent(budget, 1.1 / TOKENS_PER_SECOND) == 1
    assert spent(budget, 4.1 / TOKENS_PER_SECOND) == 3


def test_unspent_tokens_are_kept_up_to_a_bound() -> None:
    budget = RetryBudget(0.0)
    for _ in range(1000):
        budget.earn()
    assert spent(budget, 1e6) == CAPACITY


def test_threads_spend_no_token_twice() -> None:
    budget = RetryBudget(0.0)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: spent(budget, 0.0), range(8))) == CAPACITY


def test_who_has_least_time_left_comes_first() -> None:
    budget = RetryBudget(0.0)
    spent(budget, 0.0)
    last, first, second = (30.0, 1), (10.0, 2), (20.0, 3)
    assert all(budget.take(turn, 0.0) > 0 for turn in (last, first, second))
    budget.earn()
    budget.earn()
    assert [budget.take(turn, 0.0) > 0 for turn in (last, second, first)] == [True, False, False]


def test_who_waits_asks_again_when_the_token_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_budget, "TOKENS_PER_SECOND", 0.0)
    budget = RetryBudget(0.0)
    spent(budget, 0.0)
    for _ in range(100):
        budget.earn()  # in a second; so many are due in the next
    spent(budget, 1.0)
    pauses = [budget.take((100.0 + number, number), 1.0) for number in range(500)]
    assert pauses[0] == pytest.approx(1 / 100)
    assert pauses[9] == pytest.approx(10 / 100)
    assert pauses[499] == PAUSE_BOUNDS[1]


def test_who_does_not_ask_again_loses_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_budget, "TOKENS_PER_SECOND", 0.0)
    budget = RetryBudget(0.0)
    spent(budget, 0.0)
    gone, waits = (10.0, 1), (20.0, 2)
    pause = budget.take(gone, 0.0)
    assert budget.take(waits, 0.0) > 0
    budget.earn()
    assert budget.take(waits, pause) > 0  # it may still come
    assert budget.take(waits, pause + GONE + 0.1) == 0


def test_who_gives_up_is_not_waited_for() -> None:
    budget = RetryBudget(0.0)
    spent(budget, 0.0)
    gone, waits = (10.0, 1), (20.0, 2)
    assert budget.take(gone, 0.0) > 0
    budget.leave(gone)
    budget.leave(gone)
    budget.earn()
    assert budget.take(waits, 0.0) == 0
