"""The risk-coverage curve."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa_client.evaluation.risk import Point, risk_coverage
from tests.unit.client.evaluation.about import about

ANSWERS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]) | st.floats(0, 1), st.sampled_from([0.0, 1.0])),
    max_size=30,
)


def test_a_curve_worked_out_by_hand() -> None:
    curve = risk_coverage([0.9, 0.2, 0.6, 0.8, 0.6], [1.0, 0.0, 0.0, 1.0, 1.0], 10)
    assert curve.points == (
        Point(0.9, 0.1, 0.0),
        Point(0.8, 0.2, 0.0),
        Point(0.6, 0.4, 0.25),  # two of one score, given together
        Point(0.2, 0.5, 0.4),
    )
    assert curve.area == pytest.approx((0 + 0 + 0.25 + 0.25 + 0.4) / 5)
    assert curve.reaching(0.9) == Point(0.8, 0.2, 0.0)
    assert curve.reaching(0.75) == Point(0.6, 0.4, 0.25)
    assert curve.reaching(0.5) == Point(0.2, 0.5, 0.4)


def test_accuracy_that_comes_back_further_down_counts() -> None:
    curve = risk_coverage([0.9, 0.8, 0.7], [0.0, 1.0, 1.0], 3)
    assert curve.reaching(0.6) == Point(0.7, 1.0, about(1 / 3))


def test_no_answers_have_no_curve() -> None:
    assert risk_coverage([], [], 3).points == ()
    assert risk_coverage([], [], 3).reaching(0.0) is None


@given(ANSWERS, st.integers(0, 5))
def test_every_point_is_what_giving_the_answers_from_its_score_up_brings(
    answers: list[tuple[float, float]], unanswered: int
) -> None:
    questions = max(1, len(answers) + unanswered)
    curve = risk_coverage([score for score, _ in answers], [hit for _, hit in answers], questions)
    assert [point.score for point in curve.points] == sorted({score for score, _ in answers}, reverse=True)
    for point in curve.points:
        given = [hit for score, hit in answers if score >= point.score]
        assert point.coverage == pytest.approx(len(given) / questions)
        assert point.risk == pytest.approx(given.count(0.0) / len(given))
    assert 0 <= curve.area <= 1


@given(ANSWERS, st.floats(0, 1))
def test_the_point_that_reaches_an_accuracy_has_the_most_coverage(
    answers: list[tuple[float, float]], accuracy: float
) -> None:
    curve = risk_coverage([score for score, _ in answers], [hit for _, hit in answers], max(1, len(answers)))
    found = curve.reaching(accuracy)
    reaching = [point.coverage for point in curve.points if 1 - point.risk >= accuracy]
    assert (found.coverage if found else None) == (max(reaching) if reaching else None)


@given(ANSWERS)
def test_a_score_that_knows_is_never_worse_than_one_that_does_not(answers: list[tuple[float, float]]) -> None:
    right = [hit for _, hit in answers]
    knowing = risk_coverage([0.5 + hit / 4 for hit in right], right, max(1, len(right))).area
    assert knowing <= risk_coverage([score for score, _ in answers], right, max(1, len(right))).area + 1e-9
