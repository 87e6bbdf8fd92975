"""The retry budget: tokens earned by answers and by time, spent by retries."""

from concurrent.futures import ThreadPoolExecutor

from luke_qa_client._budget import CAPACITY, TOKENS_PER_ANSWER, TOKENS_PER_SECOND, RetryBudget


def spent(budget: RetryBudget, now: float, tries: int = 1000) -> int:
    return sum(budget.spend(now) for _ in range(tries))


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
