"""Mapping answers to the tokens that cover them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.tokenizer import TokenizedText, Tokenizer
from tests.support.texts import readable_text
from training.data.alignment import covering, is_aligned


def tokens(*borders: tuple[int, int]) -> TokenizedText:
    starts, ends = (np.array(column, np.int64) for column in zip(*borders, strict=True))
    return TokenizedText(np.arange(len(borders)), starts, ends)


def test_an_answer_on_token_borders_gets_just_its_tokens() -> None:
    assert covering(tokens((0, 2), (2, 3), (3, 6)), 2, 6) == (1, 3)


def test_an_answer_inside_a_token_gets_the_whole_token() -> None:
    found = tokens((0, 2), (2, 5), (5, 6))
    assert covering(found, 3, 4) == (1, 2)
    assert covering(found, 1, 3) == (0, 2)


def test_a_character_that_became_two_tokens_gets_both() -> None:
    # as ℃ becomes ° and C
    assert covering(tokens((0, 1), (1, 2), (1, 2), (2, 3)), 1, 2) == (1, 3)


def test_characters_that_no_token_has_have_no_place() -> None:
    assert covering(tokens((0, 1), (4, 5)), 1, 4) is None
    assert covering(tokens((0, 1)), 3, 4) is None


def test_alignment_is_known_from_the_text() -> None:
    text, found = "市場 の前", tokens((0, 2), (2, 4), (4, 5))
    assert is_aligned(found, 3, 4, text)  # white space at a token's end does not count
    assert is_aligned(found, 0, 4, text)
    assert not is_aligned(found, 1, 2, text)
    assert not is_aligned(found, 9, 10, text)


@given(readable_text, st.data())
def test_the_tokens_found_cover_the_answer(tokenizer: Tokenizer, text: str, data: st.DataObject) -> None:
    found = tokenizer.tokenize(text)
    token = data.draw(st.integers(0, len(found) - 1))
    start, end = int(found.starts[token]), int(found.ends[token])
    if start < end:
        place = covering(found, start, end)
        assert place is not None
        assert found.starts[place[0]] <= start
        assert found.ends[place[1] - 1] >= end
