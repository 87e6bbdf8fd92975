"""The probability of an answer's place."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.place import UNSCALED, PlattScaling, overlap_energy, place_score
from luke_qa.tokenizer import TokenizedText


def one_token_each(tokens: int) -> TokenizedText:
    """Tokens of two characters each."""
    starts = np.arange(tokens) * 2
    return TokenizedText(np.arange(tokens) + 100, starts, starts + 2)


@given(
    tokens=st.integers(1, 12), width=st.integers(1, 8), seed=st.integers(0, 1000), place=st.tuples(st.integers(0, 11))
)
def test_it_is_the_sum_over_all_spans_that_overlap(tokens: int, width: int, seed: int, place: tuple[int]) -> None:
    rng = np.random.default_rng(seed)
    band = rng.normal(size=(tokens, width))
    first = place[0] % tokens
    last = min(tokens - 1, first + seed % 3)
    for begin in range(tokens):
        band[begin, max(0, tokens - begin) :] = -np.inf  # no span ends after the text
    expected = sum(
        math.exp(band[begin, extra])
        for begin in range(tokens)
        for extra in range(width)
        if begin <= last and first <= begin + extra < tokens
    )
    found = overlap_energy(band, one_token_each(tokens), 2 * first, 2 * last + 2)
    assert math.exp(found) == pytest.approx(expected)


def test_a_span_that_begins_and_ends_inside_tokens_takes_these_tokens() -> None:
    band = np.log(np.array([[0.1], [0.2], [0.3], [0.4]]))
    assert math.exp(overlap_energy(band, one_token_each(4), 3, 5)) == pytest.approx(0.5)


def test_scaling_moves_the_log_odds() -> None:
    assert PlattScaling(0.5, 0.0).probability(0.9) == pytest.approx(0.75)
    assert PlattScaling(1.0, math.log(3)).probability(0.5) == pytest.approx(0.75)
    assert UNSCALED.probability(0.3) == pytest.approx(0.3)


@pytest.mark.parametrize("raw", [0.0, 1.0])
def test_certainty_stays_a_probability(raw: float) -> None:
    assert 0 <= PlattScaling(3.0, -1.0).probability(raw) <= 1


def test_a_place_is_at_least_as_probable_as_the_span_in_it() -> None:
    assert place_score(0.9, 0.85, PlattScaling(0.5, 0.0)) == 0.85
    assert place_score(0.9, 0.2, PlattScaling(0.5, 0.0)) == pytest.approx(0.75)
