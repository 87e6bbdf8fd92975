import pytest

from luke_qa.confidence import Confidence, Thresholds, judge

THRESHOLDS = Thresholds(high=0.8, none=0.3)


@pytest.mark.parametrize(
    ("score", "place_score", "no_answer_score", "state"),
    [
        (0.1, 0.8, 0.05, Confidence.HIGH),
        (0.1, 0.79, 0.05, Confidence.LOW),
        (0.2, 0.79, 0.29, Confidence.LOW),  # below the threshold
        (0.2, 0.9, 0.3, Confidence.NONE),  # refused, however sure the place is
        (0.4, 0.5, 0.4, Confidence.LOW),  # not refused: the answer is as probable as none
        (0.4, 0.8, 0.35, Confidence.HIGH),
    ],
)
def test_the_thresholds_decide(score: float, place_score: float, no_answer_score: float, state: Confidence) -> None:
    assert judge(score, place_score, no_answer_score, THRESHOLDS) is state


def test_without_thresholds_nothing_is_known() -> None:
    assert judge(1.0, 1.0, 0.0, None) is None
