import math
from collections.abc import Sequence
from itertools import pairwise
from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from luke_qa import shortlist
from luke_qa.shortlist import LENGTH, PAIRS, REACH, SATURATION, Scores, choose_windows, rank_windows
from luke_qa.tokenizer import IntArray

INFORMATION = np.linspace(0, 1, 13)
Texts = Sequence[Sequence[object]]  # of each window, and of its title


def array(*values: int) -> IntArray:
    return np.array(values, dtype=np.int64)


def bm25(terms: dict[object, float], windows: list[Texts]) -> list[float]:
    """Written from the definition, one window at a time."""
    lengths = [sum(map(len, texts)) for texts in windows]
    average = max(1, sum(lengths) / len(lengths))
    counts = [{term: sum(list(text).count(term) for text in texts) for term in terms} for texts in windows]
    scores = []
    for length, count in zip(lengths, counts, strict=True):
        score = 0.0
        for term, weight in terms.items():
            having = sum(other[term] > 0 for other in counts)
            rarity = math.log(1 + (len(windows) - having + 0.5) / (having + 0.5))
            damping = SATURATION * (1 - LENGTH + LENGTH * length / average)
            score += weight * rarity * count[term] * (SATURATION + 1) / (count[term] + damping)
        scores.append(score)
    return scores


def pairs(tokens: Sequence[object]) -> list[object]:
    return list(pairwise(tokens))


@given(
    text=st.lists(st.integers(0, 9), min_size=1, max_size=60),
    titles=st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=8, max_size=8),
    question=st.lists(st.integers(0, 12), min_size=1, max_size=8),
    cuts=st.lists(st.tuples(st.integers(0, 59), st.integers(1, 30)), min_size=1, max_size=8),
)
def test_a_window_and_its_title_are_ranked_by_the_bm25_of_tokens_and_pairs(
    text: list[int], titles: list[list[int]], question: list[int], cuts: list[tuple[int, int]]
) -> None:
    places = [(start, start + length) for start, length in cuts if start + length <= len(text)] or [(0, len(text))]
    title_ends = len(text) + np.cumsum(list(map(len, titles)))[: len(places)]
    title_starts = title_ends - array(*map(len, titles[: len(places)]))
    parts = [(array(*(start for start, _ in places)), array(*(end for _, end in places))), (title_starts, title_ends)]
    joined = array(*text, *(token for title in titles for token in title))
    windows: list[Texts] = [(text[start:end], title) for (start, end), title in zip(places, titles, strict=False)]
    of_tokens = bm25({token: INFORMATION[token] for token in question}, windows)
    of_pairs = bm25(dict.fromkeys(pairs(question), PAIRS), [tuple(map(pairs, texts)) for texts in windows])
    expected = np.add(of_tokens, of_pairs)
    assert np.allclose(rank_windows(array(*question), joined, parts, INFORMATION), expected)
    with mock.patch.object(shortlist, "_CELLS", 2 * len(places)):
        assert np.allclose(rank_windows(array(*question), joined, parts, INFORMATION), expected)


def chosen(ranks: Sequence[float], count: int, weight: float = 0.0, documents: Sequence[float] | None = None) -> Scores:
    found = choose_windows(np.array(ranks), np.array(documents or [0.0] * len(ranks)), weight, count, 1.0)
    return np.column_stack((found.windows, found.priors))


def test_the_best_come_in_the_order_of_the_text_and_the_earlier_of_two_equals_wins() -> None:
    assert chosen([1, 3, 2, 3, 1], 3).tolist() == [[1, 0], [2, 0], [3, 0]]
    assert chosen([0, 0, 0, 0, 0], 2).tolist() == [[0, 0], [1, 0]]


def test_the_priors_are_weighted_ranks_below_the_best() -> None:
    assert chosen([1, 3, 2], 2, weight=0.5).tolist() == [[1, 0], [2, -0.5]]
    assert chosen([1, 3, 2], 2, weight=0.5, documents=[0, -3, 0]).tolist() == [[0, -0.5], [2, 0]]


def test_a_window_without_a_chance_is_not_read_and_where_all_rank_alike_as_many_as_are_allowed() -> None:
    assert chosen([-9, 9, 9 - REACH + 0.1, 9 - REACH - 0.1], 4, weight=1.0)[:, 0].tolist() == [1, 2]
    assert chosen([5, 5, 5, 5], 3, weight=1.0)[:, 0].tolist() == [0, 1, 2]
