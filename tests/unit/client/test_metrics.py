"""The measures, on cases computed by hand."""

import pytest

from luke_qa_client.metrics import (
    exact_match,
    f1,
    mean_score,
    normalize,
    position_exact_match,
    position_f1,
    score_answers,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tokyo", "tokyo"),
        ("東京。", "東京"),
        ("東京。。", "東京。"),
        ("。", ""),
        ("  新  宿\t駅 ", "新 宿 駅"),
        ("新宿　駅", "新宿 駅"),
        ("「東京」、です", "「東京」、です"),
        ("ＡＢＣ", "ａｂｃ"),
        ("", ""),
    ],
)
def test_answers_are_compared_in_lower_case_without_one_final_full_stop(text: str, expected: str) -> None:
    assert normalize(text) == expected


@pytest.mark.parametrize(
    ("prediction", "golds", "expected"),
    [
        ("苺", ["苺"], 1.0),
        ("苺。", ["苺"], 1.0),
        ("LUKE", ["luke"], 1.0),
        ("苺", ["いちご", "苺"], 1.0),
        ("「苺」", ["苺"], 0.0),
        ("苺です", ["苺"], 0.0),
        ("", ["苺"], 0.0),
        ("", [], 1.0),
        ("苺", [], 0.0),
    ],
)
def test_an_exact_match_is_equality_with_one_of_the_golds(prediction: str, golds: list[str], expected: float) -> None:
    assert exact_match(prediction, golds) == expected


@pytest.mark.parametrize(
    ("prediction", "golds", "expected"),
    [
        ("1921年", ["1921年"], 1.0),
        ("1921", ["1921年"], 8 / 9),  # 4 of 4 characters, 4 of 5
        ("年1921", ["1921年"], 1.0),  # a bag has no order
        ("11", ["1"], 2 / 3),  # a repeated character counts each time
        ("東京都", ["京都府", "大阪"], 2 / 3),
        ("東京都", ["大阪", "東京"], 4 / 5),  # the best gold counts
        ("苺", ["柿"], 0.0),
        ("", ["苺"], 0.0),
        ("", [], 1.0),
        ("苺", [], 0.0),
    ],
)
def test_f1_is_the_best_overlap_of_characters(prediction: str, golds: list[str], expected: float) -> None:
    assert f1(prediction, golds) == pytest.approx(expected)


def test_the_scores_of_several_answers_are_means() -> None:
    score = score_answers([("苺", ["苺"]), ("1921", ["1921年"]), ("柿", ["苺"])])
    assert score.exact_match == pytest.approx(1 / 3)
    assert score.f1 == pytest.approx((1 + 8 / 9) / 3)
    assert score.count == 3


def test_no_answers_at_all_score_zero() -> None:
    assert mean_score([]).count == 0
    assert score_answers([]).f1 == 0.0


def test_positions_match_only_if_both_ends_do() -> None:
    assert position_exact_match((4, 7), (4, 7)) == 1.0
    assert position_exact_match((4, 7), (4, 8)) == 0.0


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ((4, 7), (4, 7), 1.0),
        ((4, 5), (4, 7), 2 * (1.0 * 0.5) / 1.5),  # 2 of 2 positions, 2 of 4
        ((7, 9), (4, 7), 2 * (1 / 3 * 1 / 4) / (1 / 3 + 1 / 4)),  # an exclusive end counts, so they touch
        ((8, 9), (4, 7), 0.0),
        ((7, 4), (4, 7), 0.0),  # an end before its start
        ((0, 0), (4, 7), 0.0),
    ],
)
def test_position_f1_counts_the_end_position_too(
    prediction: tuple[int, int], gold: tuple[int, int], expected: float
) -> None:
    assert position_f1(prediction, gold) == pytest.approx(expected)
