"""What the text alone says about a span, against a rule written out one span at a time."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.boundaries import CLOSING, OPENING, allowed_spans
from luke_qa.tokenizer import TokenizedText, Tokenizer
from luke_qa.visibility import is_invisible, visible_edges
from tests.support.texts import readable_text

LONGEST = 12
# Every character that a text of the tests may begin or end with without being seen.
INVISIBLE = "".join(map(chr, np.flatnonzero(is_invisible(np.arange(0xE1000)))))


def by_characters(text: str) -> TokenizedText:
    places = np.arange(len(text))
    return TokenizedText(places, places, places + 1)


def is_allowed(text: str) -> bool:
    answer, depth = text.strip(INVISIBLE), 0
    if re.search(r"[。！？\n|｜]", answer[:-1]):
        return False
    for character in answer:
        depth += (character in OPENING) - (character in CLOSING)
        if depth < 0:
            return False
    return depth == 0


def check(context: str, tokens: TokenizedText) -> None:
    allowed = allowed_spans(context, visible_edges(context, tokens), LONGEST)
    assert allowed.shape == (len(tokens), LONGEST)
    for first in range(len(tokens)):
        for more in range(min(LONGEST, len(tokens) - first)):
            span = context[int(tokens.starts[first]) : int(tokens.ends[first + more])]
            if span.strip(INVISIBLE):
                assert allowed[first, more] == is_allowed(span), span


@given(st.text("あ苺1 \n　。！|「」（）()", min_size=1, max_size=40))
def test_every_span_of_a_text_is_judged_by_the_rule(context: str) -> None:
    check(context, by_characters(context))


@given(readable_text)
def test_spans_of_real_tokens_are_judged_by_the_rule(tokenizer: Tokenizer, context: str) -> None:
    check(context, tokenizer.tokenize(context))


@pytest.mark.parametrize(
    ("context", "answer", "expected"),
    [
        ("苺です。梨です。", "苺です。", True),
        ("苺です。梨です。", "苺です。梨", False),
        ("第一条\n契約の目的", "第一条\n契約", False),
        ("名前｜苺｜", "名前｜苺", False),
        ("店（本店）に行く", "店（本店）", True),
        ("店（本店）に行く", "店（本", False),
        ("店（本店）に行く", "本店）", False),
        ("「苺」と「梨」", "苺」と「梨", False),
        ("「苺」と「梨」", "「苺」と「梨」", True),
        ("1) 苺を買う", "苺を買う", True),
    ],
)
def test_examples(context: str, answer: str, expected: bool) -> None:
    start = context.index(answer)
    edges = visible_edges(context, by_characters(context))
    assert allowed_spans(context, edges, LONGEST)[start, len(answer) - 1] == expected
