"""Pairs grouped into requests; no network."""

import itertools
from collections.abc import Sequence

import pytest

from luke_qa_client._many.groups import MAX_CHARACTERS_PER_GROUP, MAX_QUESTIONS_PER_GROUP, Group, group_pairs
from luke_qa_client._request import Pair


def lengths(pairs: Sequence[Pair]) -> list[int]:
    return [len(group.questions) for group in group_pairs(pairs)]


def test_consecutive_questions_of_one_context_form_a_group() -> None:
    pairs = [("a", "x"), ("b", "x"), ("c", "y"), ("d", "x")]
    assert list(group_pairs(pairs)) == [Group(["a", "b"], "x"), Group(["c"], "y"), Group(["d"], "x")]


def test_a_group_is_bounded() -> None:
    assert lengths([("q", "x")] * (2 * MAX_QUESTIONS_PER_GROUP + 1)) == [MAX_QUESTIONS_PER_GROUP] * 2 + [1]


def test_the_longer_the_context_the_fewer_travel_together() -> None:
    assert lengths([("q", "x" * (MAX_CHARACTERS_PER_GROUP // 3))] * 4) == [3, 1]
    assert lengths([("q", "x" * (MAX_CHARACTERS_PER_GROUP + 1))] * 2) == [1, 1]


def test_questions_over_documents_come_singly() -> None:
    assert lengths([("q", ["x", "y"])] * 3) == [1, 1, 1]


@pytest.mark.parametrize("count", range(5))
def test_no_pair_is_lost_or_moved(count: int) -> None:
    for contexts in itertools.product(["", "x", ["x"]], repeat=count):
        pairs: list[Pair] = [(str(i), context) for i, context in enumerate(contexts)]
        groups = list(group_pairs(pairs))
        assert [(question, group.context) for group in groups for question in group.questions] == pairs
