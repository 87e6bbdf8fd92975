import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.shortlist import LENGTH, SATURATION, best_windows, rank_windows
from luke_qa.tokenizer import IntArray


def array(*values: int) -> IntArray:
    return np.array(values, dtype=np.int64)


def bm25(question: set[int], windows: list[list[int]]) -> list[float]:
    """Written from the definition, one window at a time."""
    average = sum(map(len, windows)) / len(windows)
    scores = []
    for window in windows:
        score = 0.0
        for term in question:
            having = sum(term in other for other in windows)
            rarity = math.log(1 + (len(windows) - having + 0.5) / (having + 0.5))
            damping = SATURATION * (1 - LENGTH + LENGTH * len(window) / average)
            score += rarity * window.count(term) * (SATURATION + 1) / (window.count(term) + damping)
        scores.append(score)
    return scores


@given(
    text=st.lists(st.integers(0, 9), min_size=1, max_size=60),
    question=st.lists(st.integers(0, 12), min_size=1, max_size=8),
    cuts=st.lists(st.tuples(st.integers(0, 59), st.integers(1, 30)), min_size=1, max_size=8),
)
def test_a_window_is_ranked_by_bm25(text: list[int], question: list[int], cuts: list[tuple[int, int]]) -> None:
    places = [(start, start + length) for start, length in cuts if start + length <= len(text)] or [(0, len(text))]
    starts, ends = array(*(start for start, _ in places)), array(*(end for _, end in places))
    ranks = rank_windows(array(*question), array(*text), starts, ends)
    assert np.allclose(ranks, bm25(set(question), [text[start:end] for start, end in places]))


def test_the_best_come_in_the_order_of_the_text_and_the_earlier_of_two_equals_wins() -> None:
    assert best_windows(np.array([1.0, 3.0, 2.0, 3.0, 1.0]), 3).tolist() == [1, 2, 3]
    assert best_windows(np.zeros(5), 2).tolist() == [0, 1]
