from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given

from luke_qa.tokenizer import UNKNOWN, Tokenizer
from tests.support.texts import CASES, any_text


def covered(tokenizer: Tokenizer, text: str) -> list[str]:
    """The part of ``text`` that each token says it covers."""
    tokens = tokenizer.tokenize(text)
    return [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]


@given(text=any_text)
def test_offsets_go_forward_and_stay_inside_the_text(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.tokenize(text)
    assert len(tokens.ids) == len(tokens.starts) == len(tokens.ends) == len(tokens)
    assert (np.diff(tokens.starts) >= 0).all()
    assert (np.diff(tokens.ends) >= 0).all()
    assert (tokens.starts <= tokens.ends).all()
    assert (tokens.starts >= 0).all()
    assert (tokens.ends <= len(text)).all()


@given(text=any_text)
def test_every_character_that_is_not_white_space_is_covered_by_a_token(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.tokenize(text)
    seen = np.zeros(len(text), dtype=bool)
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        seen[start:end] = True
    if len(tokens):  # what precedes the first token and follows the last reads as white space
        assert seen[tokens.starts[0] : tokens.ends[-1]].all()


@given(text=any_text)
def test_a_token_of_plain_text_covers_exactly_its_own_spelling(tokenizer: Tokenizer, text: str) -> None:
    plain = "".join(c for c in text if "ぁ" <= c <= "ゖ" or "一" <= c <= "龠" or "a" <= c <= "z")
    tokens = tokenizer.tokenize(plain)
    for token, part in zip(tokens.ids, covered(tokenizer, plain), strict=True):
        assert token == UNKNOWN or tokenizer.decode(np.array([token])) == part


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("苺を売る", ["", "苺", "を売る"]),
        ("20℃です", ["20", "℃", "℃", "で", "す"]),
        ("㍿と", ["", "㍿", "㍿", "㍿", "と"]),
        ("ﬁsh", ["", "ﬁ", "ﬁ", "s", "h"]),
        ("か\u3099き", ["", "か\u3099", "き"]),
        ("苺   です", ["", "苺", "   ", "で", "す"]),
        ("苺\n\n　です", ["", "苺", "\n\n　", "で", "す"]),
        ("𠮷苺", ["", "𠮷", "苺"]),
        ("苺\x07", ["", "苺\x07"]),
        ("  苺  ", ["", "苺"]),
    ],
)
def test_a_token_covers_whole_characters_of_the_original(tokenizer: Tokenizer, text: str, parts: list[str]) -> None:
    assert covered(tokenizer, text) == parts


def test_text_without_readable_characters_has_no_tokens(tokenizer: Tokenizer) -> None:
    for text in ("", " ", "　\n\t", "\u200b\u200f"):
        assert len(tokenizer.tokenize(text)) == 0


@pytest.mark.parametrize("spelling", ["<s>", "</s>", "<pad>", "<unk>", "<mask>", "<ent>", "<ent2>"])
def test_a_special_token_in_the_text_stays_text(tokenizer: Tokenizer, spelling: str) -> None:
    ids = tokenizer.tokenize(f"苺{spelling}を").ids
    assert ids.min() >= UNKNOWN
    assert len(ids) > 4
    assert "".join(covered(tokenizer, f"苺{spelling}を")) == f"苺{spelling}を"


def test_a_character_outside_the_vocabulary_is_unknown(tokenizer: Tokenizer) -> None:
    assert UNKNOWN in tokenizer.tokenize("龘").ids
    assert "<unk>" in tokenizer.decode(tokenizer.tokenize("龘").ids)


def test_half_a_surrogate_pair_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(UnicodeEncodeError):
        tokenizer.tokenize("苺\ud800")


def test_a_hundred_thousand_spaces_are_no_trouble(tokenizer: Tokenizer) -> None:
    text = "苺" + " " * 100_000 + "を"
    tokens = tokenizer.tokenize(text)
    assert (tokens.starts[1], tokens.ends[1]) == (0, 1)
    assert (tokens.starts[-1], tokens.ends[-1]) == (100_001, 100_002)


def test_threads_share_one_tokenizer(tokenizer: Tokenizer) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokenized = list(pool.map(tokenizer.tokenize, [case["text"] for case in CASES]))
    assert [tokens.ids.tolist() for tokens in tokenized] == [case["input_ids"] for case in CASES]


def test_rarer_tokens_have_more_information_and_what_is_unknown_has_most(tokenizer: Tokenizer) -> None:
    information = tokenizer.information
    assert 0 <= information.min() < information.max() == information[UNKNOWN] == 1
    assert information[tokenizer.tokenize("は").ids].max() < 1
