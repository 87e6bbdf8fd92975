"""Requests to measure with."""

import json

import numpy as np

from bench.texts import draw_pairs, take
from luke_qa.tokenizer import Tokenizer


def test_pairs_are_about_as_long_as_real_ones(tokenizer: Tokenizer) -> None:
    pairs = draw_pairs(60, tokenizer, seed=1)
    lengths = [len(tokenizer.tokenize(pair.question + pair.context)) for pair in pairs]
    assert 110 < np.median(lengths) < 230
    assert min(lengths) >= 20
    assert len({*pairs}) > 50
    assert draw_pairs(60, tokenizer, seed=1) == pairs
    assert json.loads(pairs[0].body()) == {"question": pairs[0].question, "context": pairs[0].context}


def test_every_pair_comes_before_any_comes_again(tokenizer: Tokenizer) -> None:
    pairs = draw_pairs(10, tokenizer, seed=2)
    taken = take(pairs, 25, seed=3)
    assert {*taken[:10]} == {*taken[10:20]} == {*pairs}
    assert taken == take(pairs, 25, seed=3)
