"""What scales a place's probability, the thresholds of confidence, and risk and coverage."""

import numpy as np
import pytest

from luke_qa.confidence import Confidence, Thresholds
from luke_qa.place import PlattScaling
from tests.support.paragraphs import paragraph
from training.evaluation.confidence import check_enough, fit_scaling, fit_thresholds, measure_states, scaled
from training.evaluation.exchanges import Exchange, as_unanswerable
from training.evaluation.no_answer import Written, measure_written
from training.evaluation.outcomes import Outcome
from training.evaluation.risk import measure_risk

ANSWERED = paragraph("店", "角の店は苺を売る。", ("何を売りますか", "苺"))
REFUSED = paragraph("店", "角の店は閉まった。", ("何を売りますか", ""))


def outcome(place_score: float, right: float, no_answer: float = 0.0, *, answerable: bool = True) -> Outcome:
    given = ANSWERED if answerable else REFUSED
    exact = right if right == 1 else 0.0
    return Outcome(
        given, given.questions[0], "苺", place_score / 4, no_answer, exact, exact, place_score, float(right > 0)
    )


def test_the_scaling_of_the_log_odds_is_recovered() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(0.5, 2.0, 20_000)
    right = (rng.random(20_000) < 1 / (1 + np.exp(-(0.6 * odds - 0.5)))).astype(float)
    found = fit_scaling((1 / (1 + np.exp(-odds))).tolist(), right.tolist())
    assert found.slope == pytest.approx(0.6, abs=0.05)
    assert found.bias == pytest.approx(-0.5, abs=0.05)


def test_scores_that_separate_right_from_wrong_have_a_finite_scaling() -> None:
    found = fit_scaling([0.9] * 5 + [0.1] * 5, [1.0] * 5 + [0.0] * 5)
    assert 1 < found.slope < 100


def test_scores_that_are_against_the_truth_still_rise_with_the_probability() -> None:
    assert fit_scaling([0.9] * 5 + [0.1] * 5, [0.0] * 5 + [1.0] * 5).slope == 0.01


def test_high_is_right_nine_times_in_ten() -> None:
    given = [outcome(0.9, 1)] * 9 + [outcome(0.8, 0)] + [outcome(0.7, 0)] * 5
    found = fit_thresholds(given, [outcome(0.1, 0, 0.9, answerable=False)] * 5)
    assert found.high == 0.8


def test_nothing_is_high_if_nothing_is_right() -> None:
    assert fit_thresholds([outcome(0.9, 0)], [outcome(0.1, 0, 0.9, answerable=False)]).high == 1.0


def test_none_refuses_four_in_five_of_the_unanswerable() -> None:
    unanswerable = [outcome(0.1, 0, no_answer, answerable=False) for no_answer in (0.9, 0.8, 0.7, 0.6, 0.1)]
    assert fit_thresholds([outcome(0.9, 1)] * 20, unanswerable).none == 0.6


def test_but_never_more_than_one_in_twenty_of_the_answerable() -> None:
    answered = [outcome(0.9, 1, 0.7), outcome(0.9, 1, 0.65), *[outcome(0.9, 1)] * 18]
    found = fit_thresholds(answered, [outcome(0.1, 0, 0.6, answerable=False)] * 5)
    assert 0.65 < found.none < 0.7
    (high, _, none) = measure_states(answered, [], found)
    assert (high.answerable, none.answerable) == (0.95, 0.05)


def test_an_answer_that_is_refused_does_not_count_for_high() -> None:
    refused = [outcome(0.99, 0, 0.9)]
    given = [outcome(0.9, 1)] * 20 + refused
    assert fit_thresholds(given, [outcome(0.1, 0, 0.8, answerable=False)]).high == 0.9


def test_thresholds_need_both_kinds_of_questions() -> None:
    with pytest.raises(ValueError, match="one that does not"):
        fit_thresholds([outcome(0.9, 1)], [])


def test_a_share_of_too_few_questions_is_none() -> None:
    check_enough(20, 5)
    for answerable, unanswerable in ((19, 5), (20, 4), (0, 0)):
        with pytest.raises(ValueError, match=rf"at least 20 .*\(here: {answerable}\) and 5 .*\(here: {unanswerable};"):
            check_enough(answerable, unanswerable)


def test_the_states_share_out_the_questions() -> None:
    answered = [outcome(0.9, 1), outcome(0.9, 0.5), outcome(0.5, 0), outcome(0.9, 1, 0.4)]
    unanswerable = [outcome(0.9, 0, 0.4, answerable=False), outcome(0.9, 0, answerable=False)]
    high, low, none = measure_states(answered, unanswerable, Thresholds(high=0.8, none=0.3))
    assert (high.confidence, low.confidence, none.confidence) == tuple(Confidence)
    assert (high.answerable, high.right, high.exact, high.unanswerable) == (0.5, 1.0, 0.5, 0.5)
    assert (low.answerable, low.right, low.unanswerable) == (0.25, 0.0, 0.0)
    assert (none.answerable, none.right, none.unanswerable) == (0.25, 1.0, 0.5)


def test_a_scaled_outcome_keeps_its_place_above_its_span() -> None:
    (found,) = scaled([outcome(0.9, 1)], PlattScaling(0.5, -10.0))
    assert found.place_score == found.score == 0.225


def test_an_exchange_makes_a_question_without_an_answer() -> None:
    (found,) = as_unanswerable([Exchange(ANSWERED.questions[0], ANSWERED, (REFUSED,), near=True)])
    assert (found.context, found.questions[0].text, found.questions[0].answers) == (
        REFUSED.context,
        "何を売りますか",
        (),
    )


def test_risk_has_a_point_for_each_accuracy() -> None:
    given = [outcome(0.9, 1)] * 4 + [outcome(0.8, 0.5)] + [outcome(0.5, 0)] * 5
    exact, _, place = measure_risk(given)
    assert [point.coverage for point in exact.points if point] == [0.5, 0.4]
    assert [point.coverage for point in place.points if point] == [0.5, 0.5]
    assert place.area < exact.area


def test_a_data_set_with_questions_of_its_own_that_have_no_answer() -> None:
    answered = [outcome(0.9, 1, 0.5), *[outcome(0.9, 1, 0.1)] * 3]
    without = [outcome(0.1, 0, 0.9, answerable=False), outcome(0.1, 0, 0.3, answerable=False)]
    found = measure_written([*answered, *without], Thresholds(high=0.8, none=0.6))
    assert found == Written(2, 4, 7 / 8, refused=0.5, refused_wrongly=0.0)
    assert measure_written([*answered, *without], None) == Written(2, 4, 7 / 8, None, None)
    assert measure_written(answered, None) is None
