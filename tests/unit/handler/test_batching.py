from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from luke_qa.batching import plan_batches

lengths_of_windows = st.lists(st.integers(1, 512), max_size=60)


@given(lengths=lengths_of_windows, budget=st.integers(1, 3000))
def test_every_window_is_in_exactly_one_batch(lengths: list[int], budget: int) -> None:
    assert sorted(index for batch in plan_batches(lengths, budget) for index in batch) == list(range(len(lengths)))


@given(lengths=lengths_of_windows, budget=st.integers(1, 3000))
def test_a_batch_keeps_to_the_budget_unless_it_is_a_single_window(lengths: list[int], budget: int) -> None:
    for batch in plan_batches(lengths, budget):
        assert batch
        assert len(batch) == 1 or sum(lengths[index] for index in batch) <= budget


@given(lengths=lengths_of_windows, budget=st.integers(1, 3000))
def test_windows_come_longest_first(lengths: list[int], budget: int) -> None:
    order = [lengths[index] for batch in plan_batches(lengths, budget) for index in batch]
    assert order == sorted(lengths, reverse=True)


@given(lengths=lengths_of_windows, budget=st.integers(1, 3000))
def test_no_batch_ends_while_the_next_window_would_fit(lengths: list[int], budget: int) -> None:
    batches = list(plan_batches(lengths, budget))
    for batch, following in pairwise(batches):
        assert sum(lengths[index] for index in batch) + lengths[following[0]] > budget


def test_a_batch_may_fill_the_budget_to_the_last_token() -> None:
    assert list(plan_batches([4, 6, 5, 5], 10)) == [[1], [2, 3], [0]]


def test_nothing_makes_no_batch() -> None:
    assert list(plan_batches([], 100)) == []
