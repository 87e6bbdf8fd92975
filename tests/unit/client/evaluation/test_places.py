import pytest

from luke_qa_client.evaluation import Answer, right_place

TEXT = "苺は月に1回、月曜に届く。苺"


@pytest.mark.parametrize(
    ("start", "end", "right"),
    [
        (2, 6, 1.0),  # 月に1回, the gold answer
        (4, 6, 1.0),  # 1回, a part of it
        (0, 3, 1.0),  # 苺は月, which begins before it
        (7, 9, 0.0),  # 月曜
        (6, 7, 0.0),  # 、, directly after it
    ],
)
def test_an_answer_that_overlaps_the_gold_one_is_at_its_place(start: int, end: int, right: float) -> None:
    assert right_place(TEXT[start:end], start, end, [Answer("月に1回", 2)]) == right


def test_the_same_answer_elsewhere_in_the_text_is_right_too() -> None:
    assert right_place("苺", 13, 14, [Answer("苺", 0)]) == 1.0


def test_no_answer_is_right_only_if_there_is_none() -> None:
    assert right_place("", None, None, []) == 1.0
    assert right_place("", None, None, [Answer("苺", 0)]) == 0.0
    assert right_place("苺", 0, 1, []) == 0.0
