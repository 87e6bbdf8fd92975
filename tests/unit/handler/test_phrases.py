"""Borders between phrases in a span."""

import numpy as np
import pytest

from luke_qa.phrases import phrase_borders
from luke_qa.tokenizer import IntArray, TokenizedText
from luke_qa.visibility import visible_edges


def borders(pieces: list[str], max_answer_len: int) -> IntArray:
    """Those of the text that consists of these tokens."""
    ends = np.cumsum([len(piece) for piece in pieces])
    tokens = TokenizedText(np.arange(len(pieces)), np.concatenate(([0], ends[:-1])), ends)
    context = "".join(pieces)
    return phrase_borders(context, visible_edges(context, tokens), max_answer_len)


def test_a_border_counts_in_every_span_that_contains_it_and_none_stands_behind_the_end() -> None:
    assert borders(["苺", "は", "魚"], 3).tolist() == [[0, 1, 1], [1, 1, 1], [0, 0, 0]]
    assert borders(["苺", "は", "魚"], 1).tolist() == [[0], [1], [0]]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["苺", "と", "魚"], 0),
        (["苺", "は", "、", "魚", "を"], 3),
        (["苺", "､", "魚"], 1),  # of half width
        (["「", "苺", "」", "は", "魚"], 1),
        (["3", "が", "魚"], 1),
        (["いちご", "が", "魚"], 1),
        (["苺", "は", "いる"], 1),
        (["苺", "は ", "魚"], 1),  # a token with what is invisible behind it
        (["苺", " ", "魚"], 0),
    ],
)
def test_commas_and_particles_are_borders(pieces: list[str], expected: int) -> None:
    assert borders(pieces, 9)[0, -1] == expected


@pytest.mark.parametrize(
    "pieces",
    [
        ["め", "が", "ね"],
        ["は", "が", "き"],
        ["。", "は", "が", "き"],
        ["「", "は", "な", "」"],
        ["店", "で", "は", "が", "き"],
        ["苺は", "魚"],  # not a token of its own
    ],
)
def test_a_letter_of_a_word_is_none(pieces: list[str]) -> None:
    assert borders(pieces, 9)[0, -1] == 0
