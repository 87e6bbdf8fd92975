"""Which of several weights is fitted."""

import pytest

from training.evaluation.weights import smallest_good_weight


def test_the_smallest_weight_that_is_as_good_as_the_best_is_chosen() -> None:
    best, worse = [1.0] * 39 + [0.0], [1.0] * 20 + [0.0] * 20
    nearly = [0.0] * 2 + [1.0] * 38  # two questions lost and one won decide nothing
    assert smallest_good_weight({0.0: worse, 0.5: nearly, 1.0: best}) == 0.5
    assert smallest_good_weight({0.0: best, 1.0: best}) == 0.0
    with pytest.raises(ValueError, match="no questions"):
        smallest_good_weight({})
