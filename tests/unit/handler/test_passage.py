import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.passage import MAX_REACH, find_passage

TEXT = "一文目です。二文目は「三時です。」と言った。\n四行目\n（注。）五文目は苺です！　終わり"


def sentence(answer: str, text: str = TEXT) -> str:
    start = text.index(answer)
    begin, stop = find_passage(text, start, start + len(answer), "sentence")
    return text[begin:stop]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("一文目", "一文目です。"),
        ("三時", "二文目は「三時です。」と言った。"),
        ("四行目", "四行目"),
        ("苺", "（注。）五文目は苺です！"),
        ("終わり", "終わり"),
        ("です。二文目", "一文目です。二文目は「三時です。」と言った。"),
    ],
)
def test_a_passage_is_the_sentence_with_brackets_respected(answer: str, expected: str) -> None:
    assert sentence(answer) == expected


def test_a_bracket_that_does_not_close_does_not_hide_the_end_of_a_sentence() -> None:
    assert sentence("苺", "「桃は。苺は。梨は。") == "苺は。"


def test_a_passage_may_be_so_many_characters_on_each_side() -> None:
    assert find_passage("あいうえお", 2, 3, 1) == (1, 4)
    assert find_passage("あいうえお", 2, 3, 100) == (0, 5)
    assert find_passage("あ う お", 2, 3, 1) == (2, 3)


def test_text_without_borders_gives_a_passage_of_bounded_length() -> None:
    begin, stop = find_passage("苺" * 100_000, 50_000, 50_001, "sentence")
    assert (begin, stop) == (50_000 - MAX_REACH, 50_001 + MAX_REACH)


@given(text=st.text("あ。「」（）\n ！", min_size=1, max_size=40), place=st.integers(0, 39), length=st.integers(1, 10))
def test_a_passage_contains_its_answer(text: str, place: int, length: int) -> None:
    start, end = place % len(text), min(len(text), place % len(text) + length)
    for wanted in ("sentence", 3):
        begin, stop = find_passage(text, start, end, wanted)
        assert 0 <= begin <= start < end <= stop <= len(text)
