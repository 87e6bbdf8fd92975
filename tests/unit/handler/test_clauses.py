"""Borders of a clause in a span."""

import numpy as np
import pytest

from luke_qa.clauses import clause_borders
from luke_qa.tokenizer import IntArray, TokenizedText
from luke_qa.visibility import visible_edges


def borders(pieces: list[str], max_answer_len: int) -> IntArray:
    """Those of the text that consists of these tokens."""
    ends = np.cumsum([len(piece) for piece in pieces])
    tokens = TokenizedText(np.arange(len(pieces)), np.concatenate(([0], ends[:-1])), ends)
    context = "".join(pieces)
    return clause_borders(context, visible_edges(context, tokens), max_answer_len)


def test_a_border_counts_in_every_span_that_contains_it_and_none_stands_behind_the_end() -> None:
    assert borders(["苺", "は", "魚"], 3).tolist() == [[0, 1, 1], [1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["苺", "と", "魚"], 0),
        (["苺", "は", "、", "魚", "を"], 3),
        (["苺", "は、", "魚"], 1),
        (["苺", "が ", "魚"], 1),  # a token with what is invisible behind it
        (["苺", " ", "魚"], 0),
        (["はじ", "めに"], 0),  # a word that begins with a particle's letter
    ],
)
def test_only_tokens_that_are_nothing_else_are_borders(pieces: list[str], expected: int) -> None:
    assert borders(pieces, 9)[0, -1] == expected
