from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from luke_qa.errors import InvalidOption, QuestionTooLong
from luke_qa.tokenizer import TokenizedText
from luke_qa.windows import Window, cut_windows, make_windows

MAX_SEQ_LEN = 32


def tokens(count: int) -> TokenizedText:
    places = np.arange(count)
    return TokenizedText(places + 100, places, places + 1)


def cut(question: int, context: int, doc_stride: int, max_seq_len: int = MAX_SEQ_LEN) -> list[Window]:
    return make_windows(tokens(question).ids, tokens(context), max_seq_len, doc_stride)


def test_a_short_pair_is_one_window_in_the_layout_of_the_model() -> None:
    (window,) = cut(question=2, context=3, doc_stride=0)
    assert window.ids.tolist() == [0, 100, 101, 2, 2, 100, 101, 102, 2]
    assert (window.context_start, window.context_end, window.first) == (0, 3, 5)


def test_ids_are_64_bit_integers() -> None:
    assert {window.ids.dtype for window in cut(2, 100, 4)} == {np.dtype(np.int64)}


@given(
    question=st.integers(1, 40),
    context=st.integers(1, 200),
    doc_stride=st.integers(0, 40),
    max_seq_len=st.integers(16, 60),
)
def test_windows_show_the_whole_context_with_the_asked_overlap(
    question: int, context: int, doc_stride: int, max_seq_len: int
) -> None:
    try:
        windows = cut(question, context, doc_stride, max_seq_len)
    except (QuestionTooLong, InvalidOption):
        assume(False)
    assert windows[0].context_start == 0
    assert windows[-1].context_end == context
    for window in windows:
        assert len(window.ids) <= max_seq_len
        shown = window.ids[window.first : window.first + window.context_end - window.context_start]
        assert shown.tolist() == tokens(context).ids[window.context_start : window.context_end].tolist()
        assert window.ids[-1] == 2
    for left, right in pairwise(windows):
        assert left.context_end - right.context_start == doc_stride
        assert right.context_end > left.context_end
    assert all(len(window.ids) == max_seq_len for window in windows[:-1])


def test_a_context_that_just_fits_is_not_cut() -> None:
    assert len(cut(question=8, context=20, doc_stride=5)) == 1
    assert len(cut(question=8, context=21, doc_stride=5)) == 2


def test_a_long_question_is_welcome_where_the_context_fits_beside_it() -> None:
    assert len(cut(question=27, context=1, doc_stride=10)) == 1


@given(question=st.integers(1, 60), context=st.integers(1, 100), doc_stride=st.integers(0, 31))
def test_a_question_is_too_long_exactly_beyond_the_length_that_the_error_names(
    question: int, context: int, doc_stride: int
) -> None:
    try:
        cut(question, context, doc_stride)
    except QuestionTooLong as error:
        numbers = [int(word.strip(".,")) for word in str(error).split() if word.strip(".,").isdigit()]
        assert numbers[:2] == [question, MAX_SEQ_LEN]
        limit = numbers[-1]
        assert 1 <= limit < question
        cut(limit, context, doc_stride)
        with pytest.raises(QuestionTooLong):
            cut(limit + 1, context, doc_stride)
    except InvalidOption:
        # Not even the shortest question would do, so it is the overlap that is to blame.
        with pytest.raises(InvalidOption) as caught:
            cut(1, context, doc_stride)
        assert caught.value.field == "doc_stride"


@given(context=st.integers(1, 2000), doc_stride=st.integers(0, 31), question=st.integers(1, 20))
def test_the_windows_of_a_context_are_bounded_in_number(context: int, doc_stride: int, question: int) -> None:
    try:
        windows = cut(question, context, doc_stride)
    except (QuestionTooLong, InvalidOption):
        assume(False)
    room = MAX_SEQ_LEN - question - 4
    assert len(windows) <= 1 + max(0, context - room) / max(1, room // 8)


@given(question=st.integers(1, 20), contexts=st.lists(st.integers(1, 400), min_size=1), doc_stride=st.integers(0, 12))
def test_a_cut_knows_its_windows_before_they_are_made(question: int, contexts: list[int], doc_stride: int) -> None:
    try:
        of_documents = [cut(question, context, doc_stride) for context in contexts]
    except QuestionTooLong:
        assume(False)
    found = cut_windows(tokens(question).ids, np.array(contexts), MAX_SEQ_LEN, doc_stride)
    assert [tuple(place) for place in np.stack(found.places(), axis=1).tolist()] == [
        (number, window.context_start, window.context_end)
        for number, windows in enumerate(of_documents)
        for window in windows
    ]
    assert found.counts.tolist() == [len(windows) for windows in of_documents]
    lengths = [len(window.ids) for windows in of_documents for window in windows]
    assert (len(found), found.total) == (len(lengths), sum(lengths))
