import numpy as np
import pytest

from luke_qa.backends.base import Logits
from luke_qa.card import decode_card
from luke_qa.query import Answers
from luke_qa.spans import Document
from luke_qa.tokenizer import Tokenizer
from luke_qa.windows import make_windows

CONTEXT = "東京の𠮷野家で苺を売る。"
QUESTION = "何を売る？"


def decode(tokenizer: Tokenizer, start: int, end: int, scale: float = 1.0) -> tuple[Answers, int]:
    """The card's answer for labels at context tokens ``start`` and ``end``, and how many of those there are."""
    context = tokenizer.tokenize(CONTEXT)
    (window,) = make_windows(tokenizer.tokenize(QUESTION).ids, context, 128, 0)
    logits = Logits(*np.zeros((2, len(window.ids)), dtype=np.float32))
    logits.start[window.first + start] = logits.end[window.first + end] = 20 * scale
    return decode_card(tokenizer, Document(CONTEXT, context, [window], [logits], 7)), len(context)


def token_of(tokenizer: Tokenizer, character: str) -> int:
    starts: list[int] = tokenizer.tokenize(CONTEXT).starts.tolist()
    return starts.index(CONTEXT.index(character))


def test_the_end_is_exclusive(tokenizer: Tokenizer) -> None:
    at = token_of(tokenizer, "苺")
    (span,) = decode(tokenizer, at, at + 1)[0].spans
    assert (span.answer, span.document) == ("苺", 7)
    assert CONTEXT[span.start : span.end] == "苺"


def test_an_answer_may_end_with_the_context(tokenizer: Tokenizer) -> None:
    at = token_of(tokenizer, "苺")
    count = decode(tokenizer, 0, 0)[1]
    (span,) = decode(tokenizer, at, count)[0].spans
    assert span.answer == CONTEXT[span.start : span.end] == "苺を売る。"


def test_the_place_leaves_out_the_white_space_that_a_token_begins_with(tokenizer: Tokenizer) -> None:
    text = "name of the train"
    context = tokenizer.tokenize(text)
    (window,) = make_windows(tokenizer.tokenize(QUESTION).ids, context, 128, 0)
    logits = Logits(*np.zeros((2, len(window.ids)), dtype=np.float32))
    at = next(k for k, start in enumerate(context.starts) if text[start] == " ")
    logits.start[window.first + at] = logits.end[-1] = 20
    (span,) = decode_card(tokenizer, Document(text, context, [window], [logits])).spans
    assert text[span.start : span.end] == span.answer != ""


def test_what_the_vocabulary_lacks_is_spelt_out_as_unknown(tokenizer: Tokenizer) -> None:
    at = token_of(tokenizer, "𠮷")
    (span,) = decode(tokenizer, at, at + 1)[0].spans
    assert span.answer == "<unk>"
    assert CONTEXT[span.start : span.end] == "𠮷"


@pytest.mark.parametrize(("start", "end"), [(2, 2), (3, 1)])
def test_an_end_that_is_not_behind_the_start_gives_an_empty_answer(tokenizer: Tokenizer, start: int, end: int) -> None:
    (span,) = decode(tokenizer, start, end)[0].spans
    assert (span.answer, span.start, span.end, span.document) == ("", None, None, None)


def test_a_slice_that_begins_in_the_question_has_no_place(tokenizer: Tokenizer) -> None:
    (span,) = decode(tokenizer, -4, 2)[0].spans
    assert "</s></s>" in span.answer
    assert (span.start, span.end, span.document) == (None, None, None)


def test_the_score_is_the_product_of_two_probabilities(tokenizer: Tokenizer) -> None:
    sure, _ = decode(tokenizer, 1, 3)
    unsure, count = decode(tokenizer, 1, 3, scale=0)
    tokens = len(tokenizer.tokenize(QUESTION).ids) + count + 4
    assert sure.spans[0].score == pytest.approx(1, abs=1e-6)
    assert unsure.spans[0].score == unsure.no_answer_score == pytest.approx(1 / tokens**2)
