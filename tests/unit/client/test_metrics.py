import pytest

from luke_qa_client.metrics import (
    Score,
    exact_match,
    f1,
    mean_score,
    normalize,
    position_exact_match,
    position_f1,
    score_answers,
)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("東京都。", "東京都"),
        ("Tokyo", "tokyo"),
        (" 東京  タワー\n", "東京 タワー"),
        ("「東京」、", "「東京」、"),  # punctuation stays
        ("ＡＢＣ", "ａｂｃ"),  # width stays
        ("。", ""),
        ("です。。", "です。"),  # one full stop, as JGLUE strips
    ],
)
def test_answers_are_compared_in_the_form_of_jglue(text: str, form: str) -> None:
    assert normalize(text) == form


def test_an_answer_is_right_if_any_gold_answer_equals_it() -> None:
    assert exact_match("東京都。", ["大阪", "東京都"]) == 1.0
    assert exact_match("東京", ["大阪", "東京都"]) == 0.0


def test_f1_counts_characters_as_a_bag() -> None:
    assert f1("東京都", ["東京都"]) == 1.0
    assert f1("都京東", ["東京都"]) == 1.0
    assert f1("東京", ["東京都"]) == pytest.approx(2 * 2 / 5)
    assert f1("ああ", ["あい"]) == pytest.approx(2 * 1 / 4)  # a character counts as often as it stands in both
    assert f1("大阪", ["東京"]) == 0.0


def test_f1_is_the_best_over_the_gold_answers() -> None:
    assert f1("東京", ["大阪", "東京都", "京"]) == pytest.approx(2 * 2 / 5)


def test_where_there_is_no_gold_answer_the_empty_answer_is_right() -> None:
    assert (exact_match("", []), f1("", [])) == (1.0, 1.0)
    assert (exact_match("東京", []), f1("東京", [])) == (0.0, 0.0)
    assert f1("", ["東京"]) == 0.0


def test_means_are_over_questions() -> None:
    assert score_answers([("東京", ["東京"]), ("大阪", ["東京"])]) == Score(0.5, 0.5, 2)
    assert mean_score([]) == Score(0.0, 0.0, 0)


def test_the_cards_measure_compares_token_positions() -> None:
    assert position_exact_match((3, 5), (3, 5)) == 1.0
    assert position_exact_match((3, 5), (3, 6)) == 0.0
    assert position_f1((3, 5), (3, 5)) == 1.0
    # Its author counts 1 + end - start on exclusive ends: 3 and 4 positions here, of which 3 are common.
    assert position_f1((3, 5), (3, 6)) == pytest.approx(2 * 3 / (3 + 4))
    assert position_f1((0, 1), (5, 6)) == 0.0
    assert position_f1((5, 3), (3, 5)) == 0.0
