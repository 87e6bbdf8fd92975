"""Answers as data, as a condition, and in Jupyter."""

import pickle
from dataclasses import replace

import pytest

from luke_qa_client import Answer, Excerpt, Span
from luke_qa_client._excerpt import from_utf16
from tests.unit.client.conftest import OpenClient
from tests.unit.client.stub import Stub, native_answer, says

NONE = Answer("", 0.9, None, None, None, no_answer_score=0.9, request_id="r")
FOUND = Answer("苺", 0.97, 2, 3, 0, no_answer_score=0.1, request_id="r", excerpt=Excerpt("私は", "苺", "が好き<です。"))


def test_no_answer_is_false() -> None:
    assert not NONE
    assert not NONE.best
    assert FOUND
    assert Span("", 0.1, 0, 0, 0)  # an answer at a place, however short


def test_jupyter_shows_the_sentence_with_the_answer_marked_and_nothing_of_it_is_markup() -> None:
    assert FOUND._repr_html_() == "<div>私は<mark>苺</mark>が好き&lt;です。 <small>0.97</small></div>"
    assert NONE._repr_html_() == "<div>no answer <small>0.90</small></div>"
    assert replace(FOUND, answer="<b>", excerpt=None)._repr_html_() == "<div>&lt;b&gt; <small>0.97</small></div>"


def test_the_excerpt_is_no_part_of_what_is_compared_or_sent_on() -> None:
    assert replace(FOUND, excerpt=None) == FOUND
    assert "excerpt" not in FOUND.to_dict()
    assert "excerpt" not in repr(FOUND)
    assert pickle.loads(pickle.dumps(FOUND)).excerpt == FOUND.excerpt


@pytest.mark.parametrize("context", ["雨の日。私は苺が好き。", ["雨", "雨の日。私は苺が好き。"]])
def test_an_answer_comes_with_its_sentence(server: Stub, open_client: OpenClient, context: str | list[str]) -> None:
    with open_client() as client:
        one = client.ask("何が好きですか", context)
        many = list(client.ask_many([("何が好きですか", context)] * 2))
    assert {answer.excerpt for answer in (one, *many)} == {Excerpt("私は", "苺", "が好き。")}


def test_positions_in_utf16_are_understood(server: Stub, open_client: OpenClient) -> None:
    text = "😀𠮷野は苺が好き。"
    span = {"answer": "苺", "score": 0.9, "start": 6, "end": 7, "document": 0}
    reply = {**native_answer({"question": "何", "context": "苺", "request_id": "r"}), **span, "answers": [span]}
    server.replies(says(reply))
    with open_client() as client:
        assert client.ask("何", text, offsets="utf16").excerpt == Excerpt("😀𠮷野は", "苺", "が好き。")
    assert from_utf16("a\ud800b", 2, 9) == [2, 3]  # a lone surrogate, and a place beyond the end


def test_a_place_beyond_the_documents_is_no_traceback(server: Stub, open_client: OpenClient) -> None:
    span = {"answer": "苺", "score": 0.9, "start": 0, "end": 1, "document": 7}
    reply = {**native_answer({"question": "何", "context": "苺", "request_id": "r"}), **span, "answers": [span]}
    server.replies(says(reply))
    with open_client() as client:
        assert client.ask("何", ["苺"]).excerpt is None
