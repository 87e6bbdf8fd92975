"""Expected calibration error and log loss."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa_client.evaluation.calibration import Bin, reliability
from tests.unit.client.evaluation.about import about

ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=40)


def test_an_error_worked_out_by_hand() -> None:
    found = reliability([0.95, 0.91, 0.2, 1.0], [1.0, 0.0, 0.0, 1.0])
    assert found.bins == (
        Bin(0.2, 0.3, 1, 0.2, 0.0),
        Bin(0.9, 1.0, 3, about(2.86 / 3), about(2 / 3)),  # a score of 1 belongs to the last
    )
    assert found.error == pytest.approx((1 * 0.2 + 3 * (2.86 / 3 - 2 / 3)) / 4)
    losses = -(math.log(0.95) + math.log(0.09) + math.log(0.8) + math.log(1 - 1e-7))
    assert found.log_loss == pytest.approx(losses / 4)


def test_nothing_has_no_error() -> None:
    assert reliability([], []) == reliability([], [])
    assert (reliability([], []).error, reliability([], []).bins) == (0.0, ())


@given(ANSWERS)
def test_the_error_is_between_the_distance_of_the_means_and_one(answers: list[tuple[float, float]]) -> None:
    scores, right = [score for score, _ in answers], [hit for _, hit in answers]
    found = reliability(scores, right)
    assert sum(b.count for b in found.bins) == len(answers)
    assert abs(sum(scores) - sum(right)) / len(answers) - 1e-9 <= found.error <= 1
    assert found.log_loss >= 0


@given(ANSWERS)
def test_the_order_of_the_answers_does_not_matter(answers: list[tuple[float, float]]) -> None:
    def error(given: list[tuple[float, float]]) -> float:
        return reliability([score for score, _ in given], [hit for _, hit in given]).error

    assert error(answers) == pytest.approx(error(answers[::-1]))


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40))
def test_a_score_that_is_the_outcome_has_no_error(right: list[float]) -> None:
    assert reliability(right, right).error == 0.0
