import pytest

from luke_qa.confidence import Confidence, Thresholds, judge

THRESHOLDS = Thresholds(high=0.8, none=0.3)


@pytest.mark.parametrize(
    ("place_score", "no_answer_score", "state"),
    [
        (0.8, 0.29, Confidence.HIGH),
        (0.79, 0.29, Confidence.LOW),
        (0.9, 0.3, Confidence.NONE),  # refused, however sure the place is
        (0.1, 0.9, Confidence.NONE),
    ],
)
def test_the_thresholds_decide(place_score: float, no_answer_score: float, state: Confidence) -> None:
    assert judge(place_score, no_answer_score, False, THRESHOLDS) is state


def test_no_answer_is_none_with_and_without_thresholds() -> None:
    assert judge(1.0, 0.0, True, None) is judge(1.0, 0.0, True, THRESHOLDS) is Confidence.NONE


def test_without_thresholds_nothing_is_known_of_an_answer() -> None:
    assert judge(1.0, 0.0, False, None) is None
